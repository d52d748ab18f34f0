import Type from "typebox";
import { type ActionsOf, action, defineContract, type EventsOf, event } from "../../mixins/kit/contracts.ts";
import { byId, closed, command, exportPerson, Id, nullable, oneOf, Time } from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";

export const ChannelSchema = oneOf("in_app", "email");

const NotificationSchema = Type.Object({
  id: Id,
  template: Type.String(),
  title: Type.String(),
  body: Type.String(),
  causeEventId: Id,
  readAt: nullable(Time),
  createdAt: Time,
});

const DeliverySchema = Type.Object({
  id: Id,
  notificationId: Id,
  channel: ChannelSchema,
  to: Type.String(),
  subject: Type.String(),
  text: Type.String(),
  at: Time,
});

const told = { notificationId: Id, userId: Id, channel: ChannelSchema, template: Type.String(), causeEventId: Id };

export const notifications = defineContract({
  service: "notifications",
  summary: "Tells people what concerns them, in the app and by e-mail.",
  events: {
    "notification.sent": event(Type.Object(told)),
    "notification.failed": event(Type.Object({ ...told, reason: Type.String() })),
  },
  consumes: [
    "*.created",
    "*.status_changed",
    "payment.*",
    "resident.verified",
    "resident.unverified",
    "ticket.assigned",
    "booking.cancelled",
    "refund.issued",
    "message.sent",
    "quote.offered",
    "quote.accepted",
    "job.booked",
    "user.updated",
    "user.deleted",
  ],
  actions: {
    list: action({
      summary: "Own notifications, newest first",
      access: "user",
      params: Type.Object({ unread: Type.Optional(Type.Boolean()), ...pagingParams }, closed),
      result: pageOf(NotificationSchema),
      rest: { method: "GET", path: "/notifications" },
    }),
    read: action({
      summary: "Mark one as read",
      access: "user",
      params: byId,
      result: NotificationSchema,
      rest: command("/notifications/{id}/read"),
    }),
    readAll: action({
      summary: "Mark all as read",
      access: "user",
      params: Type.Object({}, closed),
      result: Type.Object({ updated: Type.Integer() }),
      rest: command("/notifications/read-all"),
    }),
    exportPerson: action(exportPerson(Type.Object({ notifications: Type.Array(NotificationSchema) }))),
    listDeliveries: action({
      summary: "What the embedded channels hold instead of sending it",
      access: "admin",
      params: Type.Object(
        { channel: Type.Optional(ChannelSchema), to: Type.Optional(Type.String({ maxLength: 254 })), ...pagingParams },
        closed,
      ),
      result: pageOf(DeliverySchema),
      rest: { method: "GET", path: "/ops/deliveries" },
    }),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface EventTypes extends EventsOf<typeof notifications> {}
  interface ActionTypes extends ActionsOf<typeof notifications> {}
}
