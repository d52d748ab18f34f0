/** Bookings: types and state machine. Pure. */
import { DateTime } from "luxon";
import type { Static } from "typebox";
import { type Actor, isStaffOf } from "../../mixins/kit/actor.ts";
import { type ResourceDoc, viewResource } from "../../mixins/kit/fields.ts";
import { IllegalBookingStepError } from "./errors.ts";
import type { Policy } from "./policy.ts";
import type { BookingStatusSchema } from "./schemas.ts";
import { bookingStates } from "./states.ts";

export type BookingStatus = Static<typeof BookingStatusSchema>;

export interface BookingDoc extends ResourceDoc {
  resourceId: string;
  resourceName: string;
  buildingId: string;
  /** null: a former resident. */
  userId: string | null;
  /** Through which the resident has booked; null: as staff. */
  unitId: string | null;
  from: Date;
  to: Date;
  status: BookingStatus;
  reason: string | null;
  amount: number;
  currency: string;
  holdExpiresAt: Date | null;
  checkIn: { opensAt: Date; closesAt: Date } | null;
  cancellation: Policy;
  refundAmount: number | null;
  /** `{resource}/{user}/{week}/{number}` while it counts, with a unique index. */
  quota?: string;
}

/** Not at its end: nothing but time, or somebody, ends it. */
export const LIVE: readonly BookingStatus[] = ["pending_payment", "pending_approval", "confirmed", "checked_in"];
/** What has ended so gives its time back. Of a completed one, the time to tidy up after it stays kept. */
export const RELEASED: readonly BookingStatus[] = ["cancelled", "rejected", "expired", "no_show"];
/** What has ended so does not count for the quota. */
const UNCOUNTED: readonly BookingStatus[] = ["cancelled", "rejected", "expired"];

export const canSee = (actor: Actor, booking: Pick<BookingDoc, "userId" | "buildingId">): boolean =>
  booking.userId === actor.userId || isStaffOf(actor, booking.buildingId);

export interface Booker {
  userId: string;
  unitId: string | null;
  /** Needs nobody's approval and has no quota. */
  staff: boolean;
}

/** Who books, and as what: through the first unit that they live in there, else as staff. */
export function bookerOf(actor: Actor, buildingId: string): Booker {
  const home = actor.memberships.find((membership) => membership.buildingId === buildingId);
  return { userId: actor.userId, unitId: home?.unitId ?? null, staff: isStaffOf(actor, buildingId) };
}

/** ISO week of the building's calendar in which the booking begins (`2027-W05`), and what its numbers begin with. */
export function quotaWeek(resourceId: string, userId: string | null, from: Date, timeZone: string) {
  const week = DateTime.fromJSDate(from, { zone: timeZone }).toFormat("kkkk-'W'WW");
  return { week, prefix: `${resourceId}/${userId}/${week}/` };
}

/** @throws IllegalBookingStepError */
export function step(booking: BookingDoc, to: BookingStatus, reason: string | null, now: Date): BookingDoc {
  const legal = bookingStates.steps[booking.status];
  if (!legal.includes(to)) throw new IllegalBookingStepError(booking.status, to, legal);
  const { quota, ...rest } = booking;
  return {
    ...rest,
    ...(quota !== undefined && !UNCOUNTED.includes(to) && { quota }),
    status: to,
    reason,
    holdExpiresAt: null,
    version: booking.version + 1,
    updatedAt: now,
  };
}

export interface Due {
  to: BookingStatus;
  at: Date;
  reason: string | null;
}

/** The step that a booking takes by itself. */
export function dueOf({ status, holdExpiresAt, from, to, checkIn }: BookingDoc): Due | undefined {
  switch (status) {
    case "pending_payment":
      return { to: "expired", at: holdExpiresAt ?? from, reason: "It was not paid in time." };
    case "pending_approval":
      return { to: "expired", at: from, reason: "Nobody had approved it when it was to begin." };
    case "confirmed":
      return checkIn
        ? { to: "no_show", at: checkIn.closesAt, reason: "Nobody had checked in in time." }
        : { to: "completed", at: to, reason: null };
    case "checked_in":
      return { to: "completed", at: to, reason: null };
    default:
      return undefined;
  }
}

export const viewBooking = (doc: BookingDoc) => ({
  ...viewResource(doc),
  resourceId: doc.resourceId,
  resourceName: doc.resourceName,
  buildingId: doc.buildingId,
  userId: doc.userId,
  unitId: doc.unitId,
  from: doc.from.toISOString(),
  to: doc.to.toISOString(),
  status: doc.status,
  reason: doc.reason,
  amount: doc.amount,
  currency: doc.currency,
  holdExpiresAt: doc.holdExpiresAt?.toISOString() ?? null,
  checkInOpensAt: doc.checkIn?.opensAt.toISOString() ?? null,
  checkInClosesAt: doc.checkIn?.closesAt.toISOString() ?? null,
  cancellation: doc.cancellation,
  refundAmount: doc.refundAmount,
});
