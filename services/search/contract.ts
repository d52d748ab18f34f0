import Type, { type TSchema } from "typebox";
import { type ActionsOf, action, defineContract } from "../../mixins/kit/contracts.ts";
import { closed, command, Id, nullable, oneOf, Time } from "../../mixins/kit/fields.ts";
import { pagingParams } from "../../mixins/kit/paging.ts";

export const DocumentTypeSchema = oneOf("ticket", "post", "resource", "provider", "listing");

const Hit = Type.Object({
  type: DocumentTypeSchema,
  id: Id,
  buildingId: Id,
  title: Type.String(),
  snippet: Type.String({ description: "HTML: the text escaped, matches in <mark>." }),
  status: nullable(Type.String()),
  score: Type.Number({ minimum: 0, description: "0 to 1." }),
});
const facet = <S extends TSchema>(value: S) => Type.Array(Type.Object({ value, count: Type.Integer() }));

const RebuildSchema = Type.Object({
  state: oneOf("running", "idle"),
  phase: nullable(oneOf("log", "merge")),
  startedAt: nullable(Time),
  finishedAt: nullable(Time),
  events: Type.Integer({ description: "Read from the event log so far." }),
  documents: Type.Integer({ description: "Taken over from the index before, as far as they were newer." }),
});

const Passage = Type.Object({
  type: DocumentTypeSchema,
  id: Id,
  title: Type.String(),
  text: Type.String(),
  at: Time,
  snippet: Type.String({ description: "HTML: the text escaped, matches in <mark>." }),
  ownerId: nullable(Id),
  matches: Type.Array(Type.Object({ asked: Type.String(), words: Type.Array(Type.String()) }), {
    description: "For each word of the question that it has: its own words that count as it.",
  }),
});

export const search = defineContract({
  service: "search",
  summary: "Finds what the caller may see.",
  events: {},
  consumes: [
    ...["post.created", "ticket.created", "provider.created", "service.listing_created", "resource.updated"],
    ...["post.updated", "post.status_changed", "ticket.updated", "ticket.status_changed"],
    ...["provider.verified", "user.deleted"],
  ],
  actions: {
    query: action({
      summary: "Search by words; other forms, beginnings of words and small typing errors are found too",
      access: "user",
      params: Type.Object(
        {
          q: Type.String({ minLength: 2, maxLength: 200, pattern: "\\S" }),
          type: Type.Optional(DocumentTypeSchema),
          status: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
          buildingId: Type.Optional(Id),
          ...pagingParams,
        },
        closed,
      ),
      result: Type.Object({
        items: Type.Array(Hit),
        facets: Type.Object({
          type: facet(DocumentTypeSchema),
          status: facet(Type.String()),
          buildingId: facet(Id),
        }),
        nextCursor: nullable(Type.String()),
      }),
      rest: { method: "GET", path: "/search" },
    }),
    passages: action({
      summary: "Texts about a question, of one building, that the caller may see",
      access: "internal",
      params: Type.Object(
        {
          buildingId: Id,
          question: Type.String({ maxLength: 1000 }),
          limit: Type.Integer({ minimum: 1, maximum: 20 }),
        },
        closed,
      ),
      result: Type.Object({
        asked: Type.Array(Type.String(), { description: "The words of the question that tell what it is about." }),
        items: Type.Array(Passage),
      }),
    }),
    rebuild: action({
      summary: "Build the index anew from the event log, beside the live one, and switch when it is complete",
      access: "admin",
      params: Type.Object({}, closed),
      result: RebuildSchema,
      rest: { ...command("/ops/search/rebuild"), status: 202 },
    }),
    showRebuild: action({
      summary: "The rebuild that runs, or how the last one ended",
      access: "admin",
      params: Type.Object({}, closed),
      result: RebuildSchema,
      rest: { method: "GET", path: "/ops/search/rebuild" },
    }),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface ActionTypes extends ActionsOf<typeof search> {}
}
