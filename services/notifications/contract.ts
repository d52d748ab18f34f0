import Type from "typebox";
import {
  type ActionsOf,
  action,
  defineContract,
  type EventsOf,
  olderVersion,
  versionedEvent,
} from "../../mixins/kit/contracts.ts";
import { byId, closed, command, exportPerson, Id, oneOf } from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";
import {
  asked,
  askedSubscription,
  ChannelSchema,
  ChannelV1,
  DeliverySchema,
  NotificationSchema,
  OutsideSchema,
  Page,
  PreferencesSchema,
  SubscriptionSchema,
  UnsubscribeToken,
} from "./schemas.ts";
import { notificationStates } from "./states.ts";

const told = { notificationId: Id, userId: Id, channel: ChannelSchema, template: Type.String(), causeEventId: Id };
const failed = { ...told, reason: Type.String({ description: "A fixed word: docs/errors.md." }) };
/** Before text messages and push. */
const v1 = { channel: ChannelV1 };

const unsubscribe = { access: "public", result: Page } as const;
const UNSUBSCRIBE = "/notifications/unsubscribe";

export const notifications = defineContract({
  service: "notifications",
  summary: "Tells people what concerns them: in the app, by e-mail, text message and push.",
  events: {
    "notification.sent": versionedEvent(
      [olderVersion(Type.Object({ ...told, ...v1 }), (payload) => payload)],
      Type.Object(told),
    ),
    "notification.failed": versionedEvent(
      [olderVersion(Type.Object({ ...failed, ...v1 }), (payload) => payload)],
      Type.Object(failed),
    ),
  },
  consumes: [
    ...["*.created", "*.status_changed", "payment.*"],
    ...["resident.verified", "resident.unverified", "ticket.assigned", "booking.moved", "booking.cancelled"],
    ...["refund.issued", "message.sent", "quote.offered", "quote.accepted", "job.booked"],
    ...["user.updated", "user.role_changed", "user.deleted"],
  ],
  states: { "a notification": notificationStates },
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
    getPreferences: action({
      summary: "What one is told, by which channels, and when not",
      access: "user",
      params: Type.Object({}, closed),
      result: PreferencesSchema,
      rest: { method: "GET", path: "/notifications/preferences" },
    }),
    putPreferences: action({
      summary: "Set all preferences; what is left out goes back to its default",
      access: "user",
      params: Type.Object(asked, closed),
      result: PreferencesSchema,
      rest: { method: "PUT", path: "/notifications/preferences" },
    }),
    restoreAddress: action({
      summary: "Send again to an address that was found dead: it works now",
      access: "user",
      params: Type.Object({ channel: oneOf("email", "sms") }, closed),
      result: PreferencesSchema,
      rest: { ...command("/notifications/addresses/{channel}/restore"), perMinute: 6 },
    }),
    pushKey: action({
      summary: "The key that a browser subscribes with (`applicationServerKey`)",
      access: "user",
      params: Type.Object({}, closed),
      result: Type.Object({
        publicKey: Type.Union([Type.String(), Type.Null()], { description: "null: push is not set up." }),
      }),
      rest: { method: "GET", path: "/push-subscriptions/key" },
    }),
    createPushSubscription: action({
      summary: "Send push messages to this browser: the subscription as its Push API gives it",
      access: "user",
      params: Type.Object(askedSubscription, closed),
      result: SubscriptionSchema,
      rest: {
        method: "POST",
        path: "/push-subscriptions",
        status: 201,
        location: "/push-subscriptions",
        perMinute: 30,
      },
    }),
    listPushSubscriptions: action({
      summary: "Own browsers and devices that get push messages",
      access: "user",
      params: Type.Object({ ...pagingParams }, closed),
      result: pageOf(SubscriptionSchema),
      rest: { method: "GET", path: "/push-subscriptions" },
    }),
    deletePushSubscription: action({
      summary: "No more push messages to this one",
      access: "user",
      params: byId,
      result: Type.Object({}),
      rest: { method: "DELETE", path: "/push-subscriptions/{id}", status: 204 },
    }),
    showUnsubscribe: action({
      ...unsubscribe,
      summary: "The page behind the link of an e-mail: it asks, and changes nothing",
      params: Type.Object({ token: UnsubscribeToken }, closed),
      rest: { method: "GET", path: UNSUBSCRIBE, page: { field: "html" }, perMinute: 60 },
    }),
    unsubscribe: action({
      ...unsubscribe,
      summary: "No more e-mails of the kind that the link came in, in one click (RFC 8058)",
      params: Type.Object({ token: UnsubscribeToken, form: Type.Optional(Type.String()) }, closed),
      rest: {
        method: "POST",
        path: UNSUBSCRIBE,
        query: ["token"],
        page: { field: "html" },
        perMinute: 60,
        textBody: {
          types: ["application/x-www-form-urlencoded", "multipart/form-data"],
          field: "form",
          maxBytes: 2_000,
        },
      },
    }),
    exportPerson: action(
      exportPerson(
        Type.Object({
          notifications: Type.Array(NotificationSchema),
          preferences: PreferencesSchema,
          pushSubscriptions: Type.Array(SubscriptionSchema),
          deliveries: Type.Array(DeliverySchema),
        }),
      ),
    ),
    listDeliveries: action({
      summary: "What the embedded channels hold instead of sending it",
      access: "admin",
      params: Type.Object(
        {
          channel: Type.Optional(OutsideSchema),
          to: Type.Optional(Type.String({ maxLength: 1_000 })),
          ...pagingParams,
        },
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
