import Type from "typebox";
import { type ActionsOf, action, defineContract, type EventsOf, event } from "../../mixins/kit/contracts.ts";
import { byId, closed, command, exportPerson, Id, line, nullable, oneOf, resource } from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";
import { thingStates } from "./states.ts";

const StatusSchema = oneOf("open", "done");

export const ThingSchema = Type.Object({
  ...resource,
  buildingId: Id,
  ownerId: nullable(Id),
  title: Type.String(),
  status: StatusSchema,
});

const head = { thingId: Id, buildingId: Id, version: Type.Integer({ description: "Of the thing, after the change." }) };

export const things = defineContract({
  service: "things",
  summary: "What this domain is for, in one sentence.",
  events: {
    "thing.created": event(Type.Object({ ...head, ownerId: Id, title: Type.String() })),
    "thing.status_changed": event(
      Type.Object({ ...head, from: StatusSchema, to: StatusSchema, actorId: Type.String() }),
    ),
  },
  consumes: ["user.deleted"],
  states: { "a thing": thingStates },
  actions: {
    create: action({
      summary: "Make a thing in a building of one's own",
      access: "user",
      params: Type.Object({ buildingId: Id, title: line(140) }, closed),
      result: ThingSchema,
      rest: { method: "POST", path: "/things", status: 201, location: "/things/{id}" },
    }),
    list: action({
      summary: "Own things; staff also those of their buildings",
      access: "user",
      params: Type.Object({ status: Type.Optional(StatusSchema), ...pagingParams }, closed),
      result: pageOf(ThingSchema),
      rest: { method: "GET", path: "/things" },
    }),
    get: action({
      summary: "One thing",
      access: "user",
      params: byId,
      result: ThingSchema,
      rest: { method: "GET", path: "/things/{id}" },
    }),
    finish: action({
      summary: "Finish a thing",
      access: "user",
      params: byId,
      result: ThingSchema,
      rest: command("/things/{id}/finish"),
    }),
    exportPerson: action(exportPerson(Type.Object({ things: Type.Array(ThingSchema) }))),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface EventTypes extends EventsOf<typeof things> {}
  interface ActionTypes extends ActionsOf<typeof things> {}
}
