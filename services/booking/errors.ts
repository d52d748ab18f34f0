import { ConflictError, InvalidInputError } from "../../mixins/kit/errors.ts";
import type { BookingStatus } from "./model.ts";
import type { BookableDoc } from "./resource.ts";

/** A field's sentence and the whole's are the same. */
const at = (path: string, message: string) => ({ errors: [{ path, message }] });

export class OpeningEmptyError extends InvalidInputError {
  override readonly code = "OPENING_EMPTY";
  constructor(field: string, from: string, to: string) {
    super(
      `Opening hours from ${from} to ${to} are none: they have to end after they begin.`,
      at(`/${field}`, "is empty"),
    );
  }
}
export class HoursOverlapError extends InvalidInputError {
  override readonly code = "OPENING_OVERLAPS";
  constructor(field: string, from: string, to: string) {
    super(`The opening hours from ${from} to ${to} overlap others of the same day.`, at(`/${field}`, "overlaps"));
  }
}
export class ExceptionTwiceError extends InvalidInputError {
  override readonly code = "EXCEPTION_TWICE";
  constructor(date: string) {
    super(`There are two exceptions for ${date}; put its hours into one.`, at("/exceptions", "names a date twice"));
  }
}
export class LengthRangeError extends InvalidInputError {
  override readonly code = "LENGTH_RANGE";
  constructor(longest: number) {
    super(
      `minSlots can't be more than maxSlots, and maxSlots not more than ${longest}: no booking is longer than 14 days.`,
      at("/maxSlots", `must lie between minSlots and ${longest}`),
    );
  }
}

type Field = "from" | "to";
type Length = Pick<BookableDoc, "unit" | "slotMinutes" | "minSlots" | "maxSlots">;
/** "3 hours", as people count the resource's slots. */
const lengthOf = ({ unit, slotMinutes }: Length, slots: number): string =>
  unit === "hour" ? `${slots * slotMinutes} minutes` : unit === "day" ? `${slots} days` : `${slots} half-days`;

export class TimeInvalidError extends InvalidInputError {
  override readonly code = "TIME_INVALID";
  constructor(field: Field, text: string) {
    super(`${text} is no time of the calendar.`, at(`/${field}`, "is no time of the calendar"));
  }
}
export class TimeInGapError extends InvalidInputError {
  override readonly code = "TIME_IN_DST_GAP";
  constructor(field: Field, text: string, timeZone: string) {
    super(
      `${text} does not exist in ${timeZone}: the clock is put forward over it.`,
      at(`/${field}`, "does not exist on that day"),
    );
  }
}
export class TimeAmbiguousError extends InvalidInputError {
  override readonly code = "TIME_AMBIGUOUS";
  constructor(field: Field, text: string, timeZone: string) {
    super(
      `${text} comes twice in ${timeZone}: the clock is put back over it. Add the offset that is meant.`,
      at(`/${field}`, "comes twice on that day; add an offset"),
    );
  }
}
export class EndBeforeStartError extends InvalidInputError {
  override readonly code = "END_BEFORE_START";
  constructor() {
    super("A booking has to end after it begins.", at("/to", "must be later than from"));
  }
}
export class TimeInPastError extends InvalidInputError {
  override readonly code = "TIME_IN_PAST";
  constructor() {
    super("This time has passed.", at("/from", "must be in the future"));
  }
}
export class TooSoonError extends InvalidInputError {
  override readonly code = "TOO_SOON";
  constructor(noticeMinutes: number) {
    super(
      `This has to be booked at least ${noticeMinutes} minutes before it begins.`,
      at("/from", `must be ${noticeMinutes} minutes from now, or later`),
    );
  }
}
export class TooFarAheadError extends InvalidInputError {
  override readonly code = "TOO_FAR_AHEAD";
  constructor(daysAhead: number) {
    super(`This can be booked up to ${daysAhead} days ahead.`, at("/from", `must be within ${daysAhead} days`));
  }
}
export class TooShortError extends InvalidInputError {
  override readonly code = "TOO_SHORT";
  constructor(rules: Length) {
    const least = lengthOf(rules, rules.minSlots);
    super(`A booking is at least ${least} long.`, at("/to", `must be ${least} after from, or later`));
  }
}
export class TooLongError extends InvalidInputError {
  override readonly code = "TOO_LONG";
  constructor(rules: Length) {
    const most = lengthOf(rules, rules.maxSlots);
    super(`A booking is at most ${most} long.`, at("/to", `must be ${most} after from, or earlier`));
  }
}
export class OutsideHoursError extends InvalidInputError {
  override readonly code = "OUTSIDE_OPENING_HOURS";
  constructor(field: Field) {
    super("It is closed then.", at(`/${field}`, "is outside of the opening hours"));
  }
}
export class ClosedThatDayError extends InvalidInputError {
  override readonly code = "CLOSED_THAT_DAY";
  constructor(field: Field, date: string, note: string | undefined) {
    super(`It is closed on ${date}${note ? ` (${note})` : ""}.`, at(`/${field}`, "is on a day when it is closed"));
  }
}
export class NotASlotError extends InvalidInputError {
  override readonly code = "NOT_A_SLOT";
  constructor(field: Field, { unit, slotMinutes }: Length) {
    const edge = field === "from" ? "begins" : "ends";
    const grid = unit === "hour" ? `every ${slotMinutes} minutes from the opening` : "with a whole half-day or day";
    super(`A booking ${edge} ${grid}.`, at(`/${field}`, "is not where a slot begins or ends"));
  }
}
export class RangeTooLongError extends InvalidInputError {
  override readonly code = "RANGE_TOO_LONG";
  constructor(days: number) {
    super(`Availability is told for at most ${days} days at a time.`, at("/to", `must be within ${days} days`));
  }
}
export class SlotTakenError extends ConflictError {
  override readonly code = "SLOT_TAKEN";
  constructor() {
    super("This time is taken, or kept free around another booking.");
  }
}
export class BookingContestedError extends ConflictError {
  override readonly code = "BOOKING_CONTESTED";
  constructor() {
    super("Others are booking or changing the same at this moment. Look again, and repeat it if it still makes sense.");
  }
}
export class QuotaReachedError extends ConflictError {
  override readonly code = "QUOTA_REACHED";
  constructor(quota: number, week: string) {
    super(`There are ${quota} bookings for each resident in a week, and those of ${week} are used.`);
  }
}
export class ResourceInactiveError extends ConflictError {
  override readonly code = "RESOURCE_INACTIVE";
  constructor() {
    super("This resource can't be booked at present.");
  }
}
export class IllegalBookingStepError extends ConflictError {
  override readonly code = "ILLEGAL_BOOKING_STEP";
  constructor(from: BookingStatus, to: BookingStatus, legal: readonly BookingStatus[]) {
    const can = legal.length > 0 ? `it can become: ${legal.join(", ")}` : "this is final";
    super(`The booking is ${from} and can't become ${to}; ${can}.`, { legal: [...legal] });
  }
}
export class NotWaitingError extends ConflictError {
  override readonly code = "NOT_WAITING_FOR_APPROVAL";
  constructor(status: BookingStatus) {
    super(`The booking is ${status}: it does not wait for approval.`);
  }
}
export class BookingFinalError extends ConflictError {
  override readonly code = "BOOKING_FINAL";
  constructor(status: BookingStatus) {
    super(`The booking is ${status}; its time can't be moved any more.`);
  }
}
export class BookingStartedError extends ConflictError {
  override readonly code = "BOOKING_STARTED";
  constructor() {
    super("The booking has begun; only the building's staff may still end it.");
  }
}
export class MoveChangesPriceError extends ConflictError {
  override readonly code = "MOVE_CHANGES_PRICE";
  constructor() {
    super("The new time costs another amount: cancel this booking and make a new one.");
  }
}
export class CheckInNotNeededError extends ConflictError {
  override readonly code = "CHECK_IN_NOT_NEEDED";
  constructor() {
    super("This resource is used without a check-in.");
  }
}
export class CheckInTooEarlyError extends ConflictError {
  override readonly code = "CHECK_IN_TOO_EARLY";
  constructor(opensAt: Date) {
    super(`Check-in opens at ${opensAt.toISOString()}.`);
  }
}
export class CheckInClosedError extends ConflictError {
  override readonly code = "CHECK_IN_CLOSED";
  constructor(closedAt: Date) {
    super(`Check-in has closed at ${closedAt.toISOString()}; the time is given to others.`);
  }
}
export class CancelReasonMissingError extends InvalidInputError {
  override readonly code = "CANCEL_REASON_MISSING";
  constructor() {
    super("Staff who cancel a resident's booking say why.", at("/reason", "is required"));
  }
}
