/** Two contracts for the type tests. Excluded from the product's program, so that its registries stay clean. */
import Type from "typebox";
import { type ActionsOf, action, defineContract, type EventsOf, event } from "../../mixins/kit/contracts.ts";

export const probe = defineContract({
  service: "probe",
  summary: "Owns probe.made.",
  events: {
    "probe.made": event(
      Type.Object({ probeId: Type.String(), size: Type.Integer(), note: Type.Optional(Type.String()) }),
    ),
  },
  consumes: [],
  actions: {
    make: action({
      summary: "Makes one",
      access: "user",
      params: Type.Object({ size: Type.Integer() }, { additionalProperties: false }),
      result: Type.Object({ id: Type.String() }),
    }),
  },
});

export const rival = defineContract({
  service: "rival",
  summary: "Owns rival.made.",
  events: { "rival.made": event(Type.Object({ rivalId: Type.String() })) },
  consumes: ["probe.made"],
  actions: {},
});

declare module "../../mixins/kit/contracts.ts" {
  interface EventTypes extends EventsOf<typeof probe>, EventsOf<typeof rival> {}
  interface ActionTypes extends ActionsOf<typeof probe> {}
}
