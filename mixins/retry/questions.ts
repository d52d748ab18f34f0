/**
 * The verbs of the dead letters as schemas: one source for the owners' internal actions (`{service}.deadLetters.*`),
 * the REST surface (services/ops) and the REPL.
 */
import Type, { type Static, type TProperties, type TSchema } from "typebox";
import { closed, nullable, Time } from "../kit/fields.ts";

const paramsOf = <P extends TProperties>(properties: P) => Type.Object(properties, closed);
const text = Type.String({ minLength: 1, maxLength: 500 });
const optionalTime = nullable(Time);

export const Status = Type.Union([
  Type.Literal("open"),
  Type.Literal("replaying"),
  Type.Literal("resolved"),
  Type.Literal("discarded"),
]);
export const Step = Type.Union([
  Type.Literal("archived"),
  Type.Literal("edited"),
  Type.Literal("replayed"),
  Type.Literal("resolved"),
  Type.Literal("discarded"),
  Type.Literal("restored"),
]);
/** `{consumer}:{eventId}` */
export const DeadLetterId = Type.String({ minLength: 3, maxLength: 200 });

export const filterFields = {
  consumer: Type.Optional(text),
  eventType: Type.Optional(text),
  fingerprint: Type.Optional(Type.String({ minLength: 1, maxLength: 1200 })),
  status: Type.Optional(Status),
};
const paging = {
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
};
const target = { id: DeadLetterId };

export const ListParams = paramsOf({ ...filterFields, ...paging });
export const GroupsParams = paramsOf(filterFields);
export const ShowParams = paramsOf(target);
export const EditParams = paramsOf({
  ...target,
  payload: Type.Optional(Type.Object({}, { description: "The event's new payload, whole." })),
  body: Type.Optional(Type.Object({}, { description: "The whole event, where the body is no envelope." })),
});
const replayFields = {
  newEventId: Type.Optional(Type.Boolean({ description: "Send it under a new eventId." })),
  force: Type.Optional(
    Type.Boolean({
      description: "Also when it is older than the inbox reaches back, or its replay got lost.",
    }),
  ),
};
export const ReplayParams = paramsOf({
  ...target,
  dryRun: Type.Optional(Type.Boolean({ description: "Only tell what would happen." })),
  ...replayFields,
});
export const DiscardParams = paramsOf({ ...target, reason: text });
export const SelectionParams = paramsOf({
  filter: Type.Optional(paramsOf(filterFields)),
  ids: Type.Optional(Type.Array(DeadLetterId, { minItems: 1, maxItems: 500, uniqueItems: true })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
  ...replayFields,
});
export const AuditParams = paramsOf({
  consumer: Type.Optional(text),
  deadLetterId: Type.Optional(DeadLetterId),
  actorId: Type.Optional(text),
  step: Type.Optional(Step),
  ...paging,
});

export const Item = Type.Object({
  id: DeadLetterId,
  version: Type.Integer(),
  status: Status,
  consumer: Type.String(),
  eventId: nullable(Type.String()),
  eventType: Type.String(),
  code: Type.String(),
  message: Type.String(),
  fingerprint: Type.String(),
  attempts: Type.Integer(),
  episode: Type.Integer(),
  bytes: Type.Integer(),
  edited: Type.Boolean(),
  buildingId: nullable(Type.String()),
  reason: nullable(Type.String()),
  firstFailedAt: Time,
  deadAt: Time,
  createdAt: Time,
  updatedAt: Time,
});
export const AuditItem = Type.Object({
  id: Type.String(),
  deadLetterId: DeadLetterId,
  consumer: Type.String(),
  eventId: nullable(Type.String()),
  step: Step,
  at: Time,
  actorId: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
});
export const VerdictSchema = Type.Object({
  ok: Type.Boolean(),
  code: nullable(Type.String()),
  message: nullable(Type.String()),
});
export const Detail = Type.Object({
  ...Item.properties,
  replayedAs: Type.Array(Type.String()),
  body: Type.String({ description: "At most 256 KiB are shown." }),
  bodyEncoding: Type.Union([Type.Literal("utf8"), Type.Literal("base64")]),
  bodyTruncated: Type.Boolean(),
  payload: Type.Unknown({ description: "Of a readable envelope, else null." }),
  properties: Type.Record(Type.String(), Type.Unknown()),
  errors: Type.Array(
    Type.Object({
      attempt: Type.Integer(),
      episode: Type.Integer(),
      at: Time,
      code: Type.String(),
      message: Type.String(),
    }),
  ),
  audit: Type.Array(AuditItem),
  contract: VerdictSchema,
  legal: Type.Array(Type.String()),
});
export const Group = Type.Object({
  fingerprint: Type.String(),
  consumer: Type.String(),
  eventType: Type.String(),
  code: Type.String(),
  count: Type.Integer(),
  firstSeen: Time,
  lastSeen: Time,
  sample: Type.Object({ id: DeadLetterId, message: Type.String() }),
});
export const DryRun = Type.Object({
  id: DeadLetterId,
  allowed: Type.Boolean(),
  refusal: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  contract: VerdictSchema,
  inbox: Type.Object({
    done: Type.Boolean(),
    handledAt: optionalTime,
    withinRetention: Type.Boolean(),
  }),
  queue: Type.String(),
  episode: Type.Integer(),
  eventId: nullable(Type.String()),
  eventType: Type.String(),
  body: Type.String(),
});
export const Refused = Type.Object({
  id: DeadLetterId,
  code: Type.String(),
  message: Type.String(),
});
export const SelectionResult = Type.Object({
  selected: Type.Integer(),
  replayed: Type.Integer(),
  refused: Type.Array(Refused),
  remaining: Type.Integer({
    description: "Open ones that the filter matches and the limit left out.",
  }),
});
const page = <S extends TSchema>(item: S) =>
  Type.Object({ items: Type.Array(item), nextCursor: nullable(Type.String()) });
export const Page = page(Item);
export const AuditPage = page(AuditItem);
export const Groups = Type.Object({ items: Type.Array(Group) });

/** Verb -> its params and result, as the owner answers. */
export const questions = {
  list: { params: ListParams, result: Page },
  groups: { params: GroupsParams, result: Groups },
  show: { params: ShowParams, result: Detail },
  edit: { params: EditParams, result: Detail },
  dryRun: { params: paramsOf({ ...target, ...replayFields }), result: DryRun },
  replay: { params: paramsOf({ ...target, ...replayFields }), result: Detail },
  replaySelection: { params: SelectionParams, result: SelectionResult },
  discard: { params: DiscardParams, result: Detail },
  restore: { params: ShowParams, result: Detail },
  audit: { params: AuditParams, result: AuditPage },
} as const;
export type Questions = typeof questions;
export type QuestionName = keyof Questions;
export type Asked<Q extends QuestionName> = Static<Questions[Q]["params"]>;
export type Answer<Q extends QuestionName> = Static<Questions[Q]["result"]>;
