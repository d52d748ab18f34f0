/** What is decided about a booking: made, moved, cancelled, checked in. Pure. */
import { type Actor, isStaffOf } from "../../mixins/kit/actor.ts";
import {
  BookingFinalError,
  BookingStartedError,
  CancelReasonMissingError,
  CheckInClosedError,
  CheckInNotNeededError,
  CheckInTooEarlyError,
  MoveChangesPriceError,
  NotWaitingError,
} from "./errors.ts";
import { type Booker, type BookingDoc, LIVE, step } from "./model.ts";
import { nextDrop, refundOf, refundPercent } from "./policy.ts";
import type { BookableDoc } from "./resource.ts";
import type { BookedSpan, Span } from "./times.ts";

/** How long an unpaid booking is held. */
export const HOLD_MINUTES = 15;
const MINUTE_MS = 60_000;

const priceOf = ({ unit, price, slotMinutes }: BookableDoc, slots: number): number =>
  unit === "hour" ? Math.round((price * slots * slotMinutes) / 60) : price * slots;

const checkInOf = ({ checkIn }: Pick<BookableDoc, "checkIn">, { from, to }: Span): BookingDoc["checkIn"] =>
  checkIn && {
    opensAt: new Date(from.getTime() - checkIn.opensMinutesBefore * MINUTE_MS),
    closesAt: new Date(Math.min(from.getTime() + checkIn.closesMinutesAfter * MINUTE_MS, to.getTime())),
  };

export function newBooking(
  id: string,
  resource: BookableDoc,
  { userId, unitId, staff }: Booker,
  { from, to, slots }: BookedSpan,
  now: Date,
): BookingDoc {
  const amount = priceOf(resource, slots);
  const free = resource.needsApproval && !staff ? "pending_approval" : "confirmed";
  // A hold never reaches into its own time.
  const holdUntil = new Date(Math.min(now.getTime() + HOLD_MINUTES * MINUTE_MS, from.getTime()));
  return {
    _id: id,
    resourceId: resource._id,
    resourceName: resource.name,
    buildingId: resource.buildingId,
    userId,
    unitId,
    from,
    to,
    status: amount > 0 ? "pending_payment" : free,
    reason: null,
    amount,
    currency: resource.currency,
    holdExpiresAt: amount > 0 ? holdUntil : null,
    checkIn: checkInOf(resource, { from, to }),
    cancellation: resource.cancellation,
    refundAmount: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

/** A manager's decision. @throws NotWaitingError */
export function decideApproval(
  booking: BookingDoc,
  to: "confirmed" | "rejected",
  reason: string | null,
  now: Date,
): BookingDoc {
  if (booking.status !== "pending_approval") throw new NotWaitingError(booking.status);
  return step(booking, to, reason, now);
}

export interface Cancellation {
  refundPercent: number;
  /** Minor units; nothing where nothing was paid. */
  refundAmount: number;
  /** When less will be paid back. */
  until: Date | null;
}

/** What a cancellation now would pay back. `byHouse`: the building cancels, so all of it. */
export function cancellationOf(booking: BookingDoc, byHouse: boolean, now: Date): Cancellation {
  const { amount, cancellation, from, status } = booking;
  const percent = byHouse ? 100 : refundPercent(cancellation, from, now);
  return {
    refundPercent: percent,
    refundAmount: status === "pending_payment" ? 0 : refundOf(amount, percent),
    until: byHouse ? null : (nextDrop(cancellation, from, now) ?? null),
  };
}

const isHouse = (booking: BookingDoc, actor: Actor): boolean =>
  booking.userId !== actor.userId && isStaffOf(actor, booking.buildingId);

/** As `cancel` would do it. @throws what `cancel` would, but for a missing reason */
export function previewCancel(booking: BookingDoc, actor: Actor, now: Date): Cancellation {
  checkCancellable(booking, actor, now);
  return cancellationOf(booking, isHouse(booking, actor), now);
}

function checkCancellable(booking: BookingDoc, actor: Actor, now: Date): void {
  step(booking, "cancelled", null, now);
  if (booking.from <= now && !isStaffOf(actor, booking.buildingId)) throw new BookingStartedError();
}

/** @throws IllegalBookingStepError, BookingStartedError, CancelReasonMissingError */
export function cancel(booking: BookingDoc, actor: Actor, reason: string | undefined, now: Date): BookingDoc {
  checkCancellable(booking, actor, now);
  const byHouse = isHouse(booking, actor);
  if (byHouse && reason === undefined) throw new CancelReasonMissingError();
  return drop(booking, reason ?? null, byHouse, now);
}

/** Without anybody's asking. */
export const drop = (booking: BookingDoc, reason: string | null, byHouse: boolean, now: Date): BookingDoc => ({
  ...step(booking, "cancelled", reason, now),
  refundAmount: cancellationOf(booking, byHouse, now).refundAmount,
});

/** @throws CheckInNotNeededError, IllegalBookingStepError, CheckInTooEarlyError, CheckInClosedError */
export function checkIn(booking: BookingDoc, now: Date): BookingDoc {
  if (!booking.checkIn) throw new CheckInNotNeededError();
  const after = step(booking, "checked_in", null, now);
  if (now < booking.checkIn.opensAt) throw new CheckInTooEarlyError(booking.checkIn.opensAt);
  if (now >= booking.checkIn.closesAt) throw new CheckInClosedError(booking.checkIn.closesAt);
  return after;
}

/** @throws BookingFinalError, BookingStartedError */
export function checkMovable(booking: BookingDoc, now: Date): void {
  if (!LIVE.includes(booking.status)) throw new BookingFinalError(booking.status);
  if (booking.from <= now || booking.status === "checked_in") throw new BookingStartedError();
}

/** A resident's new time is approved anew where that is needed. @throws MoveChangesPriceError */
export function move(
  booking: BookingDoc,
  resource: BookableDoc,
  { from, to, slots }: BookedSpan,
  actor: Actor,
  now: Date,
): BookingDoc {
  if (priceOf(resource, slots) !== booking.amount) throw new MoveChangesPriceError();
  const again = booking.status === "confirmed" && resource.needsApproval && !isStaffOf(actor, resource.buildingId);
  const { holdExpiresAt } = booking;
  return {
    ...booking,
    from,
    to,
    status: again ? "pending_approval" : booking.status,
    holdExpiresAt: holdExpiresAt && new Date(Math.min(holdExpiresAt.getTime(), from.getTime())),
    checkIn: checkInOf(resource, { from, to }),
    version: booking.version + 1,
    updatedAt: now,
  };
}
