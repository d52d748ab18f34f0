/** The event log: what happened, and the way of each event. For operators. */
import Type from "typebox";
import { type ActionsOf, action, defineContract } from "../../mixins/kit/contracts.ts";
import { closed, exportPerson, Id, nullable, Time } from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";

const text = Type.String({ minLength: 1, maxLength: 200 });

const head = {
  eventId: Type.String(),
  eventType: Type.String(),
  version: Type.String(),
  timestamp: Time,
  producer: nullable(Type.String()),
  correlationId: nullable(Type.String()),
  causationId: nullable(Type.String()),
  actorId: nullable(Type.String()),
  aggregateId: nullable(Type.String()),
  aggregateVersion: nullable(Type.Integer()),
  buildingId: nullable(Type.String()),
};
/** Lists show no payload: personal data is for one event at a time. */
const LoggedEvent = Type.Object({ ...head, receivedAt: Time });

const Failure = Type.Object({
  attempt: Type.Integer(),
  episode: Type.Integer(),
  at: Time,
  code: Type.String(),
  message: Type.String(),
});
const ConsumerWay = Type.Object({
  service: Type.String(),
  state: Type.Union(
    [
      Type.Literal("done"),
      Type.Literal("ignored"),
      Type.Literal("waiting"),
      Type.Literal("retrying"),
      Type.Literal("dead"),
      Type.Literal("replaying"),
      Type.Literal("discarded"),
      Type.Literal("unknown"),
    ],
    { description: "ignored: bound to it, but nothing handles it. unknown: the service does not answer." },
  ),
  handledAt: nullable(Time),
  /** That succeeded. */
  attempt: nullable(Type.Integer()),
  episode: nullable(Type.Integer()),
  failures: Type.Array(Failure),
  deadLetter: nullable(
    Type.Object({
      id: Type.String(),
      status: Type.String(),
      code: Type.String(),
      edited: Type.Boolean(),
      deadAt: Time,
      replayedAs: Type.Array(Type.String()),
    }),
  ),
});
const Step = Type.Object({
  at: Time,
  service: Type.String(),
  step: Type.String(),
  actorId: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
});
const Biography = Type.Object({
  ...head,
  receivedAt: nullable(Time),
  payload: Type.Unknown({
    description: "In its current version; null when the event log does not have it, or no longer.",
  }),
  committed: nullable(Type.Object({ service: Type.String(), at: Time })),
  published: Type.Object({
    state: Type.Union([
      Type.Literal("published"),
      Type.Literal("pending"),
      Type.Literal("unroutable"),
      Type.Literal("failed"),
      Type.Literal("unknown"),
    ]),
    at: nullable(Time),
    reason: nullable(Type.String()),
  }),
  consumers: Type.Array(ConsumerWay),
  replays: Type.Array(Type.Object({ service: Type.String(), publishedAt: nullable(Time) })),
  /** Who did what to its dead letters, in order. */
  history: Type.Array(Step),
  unavailable: Type.Array(Type.String(), { description: "Services that did not answer: their share is missing." }),
});

const range = { from: Type.Optional(Time), to: Type.Optional(Time) };

export const analytics = defineContract({
  service: "analytics",
  summary: "Event log with retention, daily counts, the biography of every event.",
  events: {},
  consumes: ["#"],
  actions: {
    listEvents: action({
      summary: "Events, newest first",
      access: "admin",
      params: Type.Object(
        { eventType: Type.Optional(text), correlationId: Type.Optional(text), ...range, ...pagingParams },
        closed,
      ),
      result: pageOf(LoggedEvent),
      rest: { method: "GET", path: "/ops/events" },
    }),
    showEvent: action({
      summary:
        "The whole way of one event: committed, published, each consumer's attempts, dead letters, edits, replays, by whom",
      access: "admin",
      params: Type.Object({ eventId: Id }, closed),
      result: Biography,
      rest: { method: "GET", path: "/ops/events/{eventId}" },
    }),
    showSaga: action({
      summary: "All events of one correlation id, in order",
      access: "admin",
      params: Type.Object({ correlationId: text }, closed),
      result: Type.Object({ correlationId: Type.String(), items: Type.Array(LoggedEvent), truncated: Type.Boolean() }),
      rest: { method: "GET", path: "/ops/sagas/{correlationId}" },
    }),
    exportPerson: action(exportPerson(Type.Object({ events: Type.Array(LoggedEvent) }))),
    readLog: action({
      summary:
        "Events with their payloads, oldest first, in their current versions: for who builds something anew from them",
      access: "internal",
      params: Type.Object(
        {
          eventTypes: Type.Array(Type.String(), { minItems: 1, maxItems: 50 }),
          cursor: Type.Optional(Type.String()),
          limit: Type.Integer({ minimum: 1, maximum: 1_000 }),
        },
        closed,
      ),
      result: pageOf(
        Type.Object({ eventId: Type.String(), eventType: Type.String(), timestamp: Time, payload: Type.Unknown() }),
      ),
    }),
    dailyCounts: action({
      summary: "Events a day, by building and type",
      access: "admin",
      params: Type.Object(
        { buildingId: Type.Optional(text), eventType: Type.Optional(text), ...range, ...pagingParams },
        closed,
      ),
      result: pageOf(
        Type.Object({
          day: Type.String(),
          buildingId: nullable(Type.String()),
          eventType: Type.String(),
          count: Type.Integer(),
        }),
      ),
      rest: { method: "GET", path: "/ops/counts" },
    }),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface ActionTypes extends ActionsOf<typeof analytics> {}
}
