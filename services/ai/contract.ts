import Type from "typebox";
import { type ActionsOf, action, defineContract, type EventsOf, event } from "../../mixins/kit/contracts.ts";
import { closed, command, exportPerson, Id, line, nullable, oneOf, Time } from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";

export const SubjectTypeSchema = oneOf("ticket", "post", "comment", "message");
const SubjectSchema = Type.Object({ type: SubjectTypeSchema, id: Id });
const Score = Type.Number({ minimum: 0, maximum: 1 });

const ModerationSchema = Type.Object({
  flagged: Type.Boolean(),
  categories: Type.Array(Type.String()),
  scores: Type.Record(Type.String(), Score),
});
const TriageSchema = Type.Object({
  category: Type.String(),
  priority: Type.String(),
  confidence: Score,
  because: Type.Array(Type.String(), { description: "Words of the text that it rests on." }),
});
const made = { provider: Type.String(), model: Type.String() };
const InputHash = Type.String({ description: "SHA-256 of the text that was judged." });

const ResultSchema = Type.Object({
  id: Type.String(),
  subject: SubjectSchema,
  revision: Type.Integer(),
  task: oneOf("moderation", "triage", "summary"),
  moderation: nullable(ModerationSchema),
  triage: nullable(TriageSchema),
  summary: nullable(Type.String()),
  sources: Type.Array(SubjectSchema, { description: "What a summary rests on." }),
  ...made,
  inputHash: InputHash,
  createdAt: Time,
});

export const ai = defineContract({
  service: "ai",
  summary: "Moderation, triage and summaries. It advises; people decide.",
  events: {
    "ai.moderation_result": event(
      Type.Object({
        subject: SubjectSchema,
        revision: Type.Integer(),
        ...ModerationSchema.properties,
        ...made,
        inputHash: InputHash,
      }),
    ),
    "ai.summary_ready": event(
      Type.Object({
        subject: SubjectSchema,
        revision: Type.Integer(),
        summary: Type.String(),
        sources: Type.Array(SubjectSchema),
        ...made,
      }),
    ),
  },
  consumes: [
    ...["post.created", "message.sent", "ticket.created", "comment.created"],
    // An edit is judged like the first text; of what was removed no summary is kept.
    ...["post.updated", "comment.updated", "ticket.updated"],
    ...["post.status_changed", "comment.status_changed", "user.deleted"],
  ],
  actions: {
    listResults: action({
      summary: "What AI made of something that the caller may see",
      access: "user",
      params: Type.Object(
        { subjectType: Type.Optional(SubjectTypeSchema), subjectId: Type.Optional(Id), ...pagingParams },
        closed,
      ),
      result: pageOf(ResultSchema),
      rest: { method: "GET", path: "/ai/results" },
    }),
    createSummary: action({
      summary: "Sum up a post or ticket with what was said to it, from what everybody who sees it may read",
      access: "user",
      params: Type.Object({ type: oneOf("post", "ticket"), id: Id }, closed),
      result: ResultSchema,
      rest: { ...command("/ai/summaries"), perMinute: 20 },
    }),
    ask: action({
      summary: "Ask a question about a building: answered from what the asker may see, with the sources, or not at all",
      access: "user",
      params: Type.Object({ buildingId: Id, question: line(500) }, closed),
      result: Type.Object({
        found: Type.Boolean(),
        answer: Type.String({ description: "Text. Without a source: that there is none, and whom to ask." }),
        sources: Type.Array(
          Type.Object({
            type: Type.String(),
            id: Id,
            title: Type.String(),
            snippet: Type.String({ description: "HTML: the text escaped, matches in <mark>." }),
          }),
        ),
        ...made,
      }),
      rest: { ...command("/ai/questions"), perMinute: 20 },
    }),
    exportPerson: action(exportPerson(Type.Object({ results: Type.Array(ResultSchema) }))),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface EventTypes extends EventsOf<typeof ai> {}
  interface ActionTypes extends ActionsOf<typeof ai> {}
}
