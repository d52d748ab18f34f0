import Type from "typebox";
import { type ActionsOf, action, defineContract } from "../../mixins/kit/contracts.ts";
import { closed } from "../../mixins/kit/fields.ts";

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

/** State of one relay, as operators see it. */
export const RelayStatusSchema = Type.Object({
  nodeId: Type.String(),
  state: Type.Union([Type.Literal("stopped"), Type.Literal("standby"), Type.Literal("holder")]),
  holder: Nullable(Type.String()),
  epoch: Nullable(Type.Integer()),
  tenure: Nullable(
    Type.Object({
      inFlight: Type.Integer(),
      unmarked: Type.Integer(),
      pending: Type.Integer(),
      published: Type.Integer(),
      returned: Type.Integer(),
      failed: Type.Integer(),
      swept: Type.Integer(),
      blocked: Type.Boolean(),
    }),
  ),
});

export const relay = defineContract({
  service: "relay",
  summary: "Publishes the outbox rows of every service to app.events; replicas compete for a lease.",
  events: {},
  consumes: [],
  actions: {
    status: action({
      summary: "State of the relay that answers: lease, epoch, what is in flight, counters since it took the lease.",
      access: "internal",
      params: Type.Object({}, closed),
      result: RelayStatusSchema,
    }),
    sweep: action({
      summary: "Runs the safety sweep now, if the relay that answers holds the lease.",
      access: "internal",
      params: Type.Object({}, closed),
      result: Type.Object({ started: Type.Boolean() }),
    }),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface ActionTypes extends ActionsOf<typeof relay> {}
}
