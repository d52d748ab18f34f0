/** What operators ask over REST. The answers come from the services that own the dead letters. */
import Type, { type TObject, type TSchema } from "typebox";
import {
  type Access,
  type ActionDef,
  type ActionsOf,
  action,
  defineContract,
  type RestDef,
} from "../../mixins/kit/contracts.ts";
import { closed, nullable, Time } from "../../mixins/kit/fields.ts";
import { RepublishedSchema, RepublishParams } from "../../mixins/outbox/questions.ts";
import * as q from "../../mixins/retry/questions.ts";
import { RelayStatusSchema } from "../relay/contract.ts";

const admin: Access = "admin";
const unavailable = Type.Array(Type.String(), {
  description: "Services that did not answer: their share is missing.",
});
const withGaps = <S extends TObject>(schema: S) => Type.Object({ ...schema.properties, unavailable });

const Queue = Type.Object({
  name: Type.String(),
  /** Ready to be delivered; null: the queue does not exist. */
  messages: nullable(Type.Integer()),
  consumers: nullable(Type.Integer()),
});
const Outbox = Type.Object({
  service: Type.String(),
  pending: Type.Integer(),
  unroutable: Type.Integer(),
  failed: Type.Integer(),
  oldestPendingAt: nullable(Time),
  lastPublishedAt: nullable(Time),
});
const items = <S extends TSchema>(schema: S) => Type.Object({ items: Type.Array(schema) });
const Relays = Type.Object({
  /** Of the replica that answered; null: none did. */
  relay: nullable(RelayStatusSchema),
  ...withGaps(items(Outbox)).properties,
});
const one = "/ops/dead-letters/{id}";
const get = (path: string): RestDef => ({ method: "GET", path });
const post = (path: string): RestDef => ({ method: "POST", path });

const actions = {
  listDeadLetters: action({
    summary: "Dead letters, newest first",
    access: admin,
    params: q.ListParams,
    result: withGaps(q.Page),
    rest: get("/ops/dead-letters"),
  }),
  groupDeadLetters: action({
    summary: "Dead letters by cause",
    access: admin,
    params: q.GroupsParams,
    result: withGaps(q.Groups),
    rest: get("/ops/dead-letters/groups"),
  }),
  showDeadLetter: action({
    summary: "One dead letter with its errors, its audit and the contract's verdict",
    access: admin,
    params: q.ShowParams,
    result: q.Detail,
    rest: get(one),
  }),
  editDeadLetter: action({
    summary: "Mend its payload, checked against the contract",
    access: admin,
    params: q.EditParams,
    result: q.Detail,
    rest: { method: "PATCH", path: one },
  }),
  replayDeadLetter: action({
    summary: "Send it to its consumer again, or tell what that would do (dryRun)",
    access: admin,
    params: q.ReplayParams,
    result: Type.Union([q.Detail, q.DryRun]),
    rest: post(`${one}/replay`),
  }),
  discardDeadLetter: action({
    summary: "Give it up, with a reason",
    access: admin,
    params: q.DiscardParams,
    result: q.Detail,
    rest: post(`${one}/discard`),
  }),
  restoreDeadLetter: action({
    summary: "Take back a discard",
    access: admin,
    params: q.ShowParams,
    result: q.Detail,
    rest: post(`${one}/restore`),
  }),
  replaySelection: action({
    summary: "Replay all that a filter matches, or a list of ids",
    access: admin,
    params: q.SelectionParams,
    result: withGaps(q.SelectionResult),
    rest: post("/ops/replays"),
  }),
  audit: action({
    summary: "Who did what to which dead letter, newest first",
    access: admin,
    params: q.AuditParams,
    result: withGaps(q.AuditPage),
    rest: get("/ops/audit"),
  }),
  queues: action({
    summary: "Depth and consumers of every queue",
    access: admin,
    params: Type.Object({}, closed),
    result: items(Queue),
    rest: get("/ops/queues"),
  }),
  relays: action({
    summary: "State of the relay, and what each service's outbox still has to publish",
    access: admin,
    params: Type.Object({}, closed),
    result: Relays,
    rest: get("/ops/relays"),
  }),
  republish: action({
    summary: "Send again what was published in an interval, to all its queues: consumers that have handled it know it",
    access: admin,
    params: Type.Object(
      {
        ...RepublishParams.properties,
        to: Type.Optional(RepublishParams.properties.to),
        service: Type.Optional(Type.String({ minLength: 1, maxLength: 60, description: "Only of this service" })),
      },
      closed,
    ),
    result: Type.Object({
      ...withGaps(items(RepublishedSchema)).properties,
      to: Type.String({ format: "date-time", description: "The end, as asked for; else the moment of the question" }),
      remaining: Type.Integer({ description: "Found, and not sent this time: ask again, with this same end" }),
    }),
    rest: post("/ops/outbox/republish"),
  }),
} satisfies Record<string, ActionDef<never, unknown> | ActionDef>;

export const ops = defineContract({
  service: "ops",
  summary: "Operations: dead letters, queues, audit",
  events: {},
  consumes: [],
  actions,
});

declare module "../../mixins/kit/contracts.ts" {
  interface ActionTypes extends ActionsOf<typeof ops> {}
}
