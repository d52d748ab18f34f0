import Type from "typebox";
import { type ActionsOf, action, defineContract, type EventsOf, event } from "../../mixins/kit/contracts.ts";
import { byId, closed, command, exportPerson, Id, nullable, Time, text } from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";
import {
  AvailabilitySchema,
  BookingSchema,
  BookingStatusSchema,
  BookingTime,
  CancellationSchema,
  KindSchema,
  RangeEnd,
  ResourceSchema,
  ResourceStatusSchema,
  rules,
  UnitSchema,
} from "./schemas.ts";
import { bookingStates } from "./states.ts";

const Reason = text(500);
const version = Type.Integer({ description: "Of the booking, after the change." });
const head = { bookingId: Id, resourceId: Id, resourceName: Type.String(), buildingId: Id };
/** null: a former resident. */
const userId = nullable(Id);
const actorId = Type.String({ description: "A user, or `system:booking`." });
const span = { startsAt: Time, endsAt: Time };
const { name, kind, unit, openingHours } = rules;
const changes = Type.Partial(Type.Object(rules)).properties;

export const booking = defineContract({
  service: "booking",
  summary: "Rooms, courts, desks and other resources of a building, and who has booked them when.",
  events: {
    "resource.updated": event(
      Type.Object({
        resourceId: Id,
        buildingId: Id,
        name: Type.String(),
        kind: KindSchema,
        description: Type.String(),
        status: ResourceStatusSchema,
        hourlyPrice: nullable(Type.Integer({ description: "Minor units; null: not booked by the hour." })),
        unit: UnitSchema,
        price: Type.Integer({ description: "Of a unit, minor units." }),
        currency: Type.String(),
        version: Type.Integer({ description: "Of the resource; 1: it is new." }),
      }),
    ),
    "booking.created": event(
      Type.Object({
        ...head,
        userId: Id,
        from: Time,
        to: Time,
        amount: Type.Integer(),
        currency: Type.String(),
        status: BookingStatusSchema,
        holdExpiresAt: nullable(Time),
        version,
      }),
    ),
    /** Every step, also those that have an event of their own. */
    "booking.status_changed": event(
      Type.Object({
        ...head,
        userId,
        ...span,
        from: BookingStatusSchema,
        to: BookingStatusSchema,
        reason: nullable(Type.String()),
        actorId,
        version,
      }),
      { personal: { of: "userId", blank: { reason: null } } },
    ),
    "booking.cancelled": event(
      Type.Object({
        ...head,
        userId,
        ...span,
        reason: nullable(Type.String()),
        refundAmount: Type.Integer({ description: "Minor units, by the policy of the booking." }),
        currency: Type.String(),
        actorId,
        version,
      }),
      { personal: { of: "userId", blank: { reason: null } } },
    ),
    "booking.checked_in": event(Type.Object({ ...head, userId, at: Time, version })),
    "booking.moved": event(
      Type.Object({ ...head, userId, from: Time, to: Time, previousFrom: Time, previousTo: Time, actorId, version }),
    ),
  },
  // Payments are bound already: what billing will tell is kept from its first day on.
  consumes: ["payment.succeeded", "payment.failed", "refund.issued", "resident.unverified", "user.deleted"],
  states: { "a booking": bookingStates },
  actions: {
    createResource: action({
      summary: "Add a resource to a building",
      access: "manager",
      params: Type.Object({ id: Id, ...changes, name, kind, unit, openingHours }, closed),
      result: ResourceSchema,
      rest: { method: "POST", path: "/buildings/{id}/resources", status: 201, location: "/resources/{id}" },
    }),
    listResources: action({
      summary: "Resources of a building that the caller lives in or works for",
      access: "user",
      params: Type.Object({ id: Id, kind: Type.Optional(KindSchema), ...pagingParams }, closed),
      result: pageOf(ResourceSchema),
      rest: { method: "GET", path: "/buildings/{id}/resources" },
    }),
    getResource: action({
      summary: "One resource with its rules",
      access: "user",
      params: byId,
      result: ResourceSchema,
      rest: { method: "GET", path: "/resources/{id}" },
    }),
    updateResource: action({
      summary: "Change a resource; bookings that are there stay as they are",
      access: "manager",
      params: Type.Object({ id: Id, ...changes, status: Type.Optional(ResourceStatusSchema) }, closed),
      result: ResourceSchema,
      rest: { method: "PATCH", path: "/resources/{id}" },
    }),
    availability: action({
      summary: "The slots of at most 31 days: how many are free, or why one can't be booked. Default: the next 7 days",
      access: "user",
      params: Type.Object({ id: Id, from: Type.Optional(RangeEnd), to: Type.Optional(RangeEnd) }, closed),
      result: AvailabilitySchema,
      rest: { method: "GET", path: "/resources/{id}/availability" },
    }),
    create: action({
      summary: "Book a resource: free ones at once, those with a price are held for 15 minutes until they are paid",
      access: "user",
      params: Type.Object({ resourceId: Id, from: BookingTime, to: BookingTime }, closed),
      result: BookingSchema,
      rest: { method: "POST", path: "/bookings", status: 201, location: "/bookings/{id}" },
    }),
    list: action({
      summary:
        "Own bookings; staff also those of their buildings. from and to: what lies between them, in part at least",
      access: "user",
      params: Type.Object(
        {
          buildingId: Type.Optional(Id),
          resourceId: Type.Optional(Id),
          status: Type.Optional(BookingStatusSchema),
          from: Type.Optional(Time),
          to: Type.Optional(Time),
          ...pagingParams,
        },
        closed,
      ),
      result: pageOf(BookingSchema),
      rest: { method: "GET", path: "/bookings" },
    }),
    get: action({
      summary: "One booking",
      access: "user",
      params: byId,
      result: BookingSchema,
      rest: { method: "GET", path: "/bookings/{id}" },
    }),
    move: action({
      summary: "Move a booking to another time of the same price, by the rules of a new one",
      access: "user",
      params: Type.Object({ id: Id, from: BookingTime, to: BookingTime }, closed),
      result: BookingSchema,
      rest: command("/bookings/{id}/move"),
    }),
    cancel: action({
      summary: "Cancel a booking; staff say why",
      access: "user",
      params: Type.Object({ id: Id, reason: Type.Optional(Reason) }, closed),
      result: BookingSchema,
      rest: command("/bookings/{id}/cancel"),
    }),
    cancellationPreview: action({
      summary: "What a cancellation at this moment would pay back",
      access: "user",
      params: byId,
      result: CancellationSchema,
      rest: { method: "GET", path: "/bookings/{id}/cancellation-preview" },
    }),
    checkIn: action({
      summary: "Say that one is there, within the check-in window",
      access: "user",
      params: byId,
      result: BookingSchema,
      rest: command("/bookings/{id}/check-in"),
    }),
    approve: action({
      summary: "Approve a booking that waits for it",
      access: "manager",
      params: byId,
      result: BookingSchema,
      rest: command("/bookings/{id}/approve"),
    }),
    reject: action({
      summary: "Reject a booking that waits for approval",
      access: "manager",
      params: Type.Object({ id: Id, reason: Reason }, closed),
      result: BookingSchema,
      rest: command("/bookings/{id}/reject"),
    }),
    getIcs: action({
      summary: "A booking for the calendar (RFC 5545)",
      access: "user",
      params: byId,
      result: Type.Object({ ics: Type.String() }),
      rest: {
        method: "GET",
        path: "/bookings/{id}.ics",
        file: { type: "text/calendar", field: "ics", name: "booking.ics" },
      },
    }),
    exportPerson: action(exportPerson(Type.Object({ bookings: Type.Array(BookingSchema) }))),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface EventTypes extends EventsOf<typeof booking> {}
  interface ActionTypes extends ActionsOf<typeof booking> {}
}
