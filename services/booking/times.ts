/** From what was asked to a span that keeps every rule of the resource; each wrong time has an error of its own. Pure. */
import { DateTime } from "luxon";
import { type Day, daysOf, follows, localDay, type Slot } from "./calendar.ts";
import {
  ClosedThatDayError,
  EndBeforeStartError,
  NotASlotError,
  OutsideHoursError,
  TimeAmbiguousError,
  TimeInGapError,
  TimeInPastError,
  TimeInvalidError,
  TooFarAheadError,
  TooLongError,
  TooShortError,
  TooSoonError,
} from "./errors.ts";
import { type BookableDoc, unitMinutes } from "./resource.ts";

export type TimeField = "from" | "to";
export interface Span {
  from: Date;
  to: Date;
}
export interface BookedSpan extends Span {
  /** Steps, half-days or days. */
  slots: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const HAS_OFFSET = /(Z|[+-]\d{2}:\d{2})$/i;

/**
 * A time with an offset is a moment; without one it is read off the building's clock.
 * @throws TimeInvalidError, TimeInGapError, TimeAmbiguousError
 */
export function readTime(text: string, timeZone: string, field: TimeField): Date {
  const time = DateTime.fromISO(text, { zone: timeZone });
  if (!time.isValid) throw new TimeInvalidError(field, text);
  if (HAS_OFFSET.test(text)) return time.toJSDate();
  if (!time.toISO({ includeOffset: false })?.startsWith(text)) throw new TimeInGapError(field, text, timeZone);
  if (time.getPossibleOffsets().length > 1) throw new TimeAmbiguousError(field, text, timeZone);
  return time.toJSDate();
}

export const readSpan = ({ from, to }: { from: string; to: string }, timeZone: string): Span => ({
  from: readTime(from, timeZone, "from"),
  to: readTime(to, timeZone, "to"),
});

/** @throws one error for each rule that is broken, the first one in the order of this function */
export function checkSpan(resource: BookableDoc, { from, to }: Span, now: Date): BookedSpan {
  if (to <= from) throw new EndBeforeStartError();
  checkMoment(resource, from, now);
  checkLength(resource, to.getTime() - from.getTime());
  const days = daysOf(resource, from.getTime(), to.getTime());
  const slots = days.flatMap((day) => day.slots);
  const first = slots.findIndex(({ start }) => start === from.getTime());
  if (first === -1) throw misplaced(resource, days, from, "from");
  const last = slots.findIndex(({ end }) => end === to.getTime());
  if (last === -1) throw misplaced(resource, days, to, "to");
  const booked = slots.slice(first, last + 1);
  checkUnbroken(resource, days, booked);
  if (booked.length < resource.minSlots) throw new TooShortError(resource);
  if (booked.length > resource.maxSlots) throw new TooLongError(resource);
  return { from, to, slots: booked.length };
}

function checkMoment({ noticeMinutes, daysAhead, timeZone }: BookableDoc, from: Date, now: Date): void {
  if (from <= now) throw new TimeInPastError();
  if (from.getTime() < now.getTime() + noticeMinutes * MINUTE_MS) throw new TooSoonError(noticeMinutes);
  if (localDay(from, timeZone) > lastDay(now, { timeZone, daysAhead })) throw new TooFarAheadError(daysAhead);
}

export const lastDay = (now: Date, { timeZone, daysAhead }: Pick<BookableDoc, "timeZone" | "daysAhead">): DateTime =>
  localDay(now, timeZone).plus({ days: daysAhead });

/** What is beyond any day's measure is not looked up day by day. */
function checkLength(resource: BookableDoc, length: number): void {
  const unit = unitMinutes(resource) * MINUTE_MS;
  const exact = resource.unit === "hour";
  if (exact && length < resource.minSlots * unit) throw new TooShortError(resource);
  if (length > resource.maxSlots * unit + (exact ? 0 : DAY_MS)) throw new TooLongError(resource);
}

/** Open, but no beginning or end of a slot; or closed. */
function misplaced(resource: BookableDoc, days: readonly Day[], moment: Date, field: TimeField) {
  const time = moment.getTime();
  const open = days.some(({ windows }) =>
    windows.some(({ start, end }) => (field === "from" ? start <= time && time < end : start < time && time <= end)),
  );
  return open ? new NotASlotError(field, resource) : closed(resource, days, time, field);
}

/** An end at midnight belongs to the day before it. */
function closed({ timeZone }: BookableDoc, days: readonly Day[], time: number, field: TimeField) {
  const date = localDay(field === "to" ? time - 1 : time, timeZone).toISODate();
  const exception = days.find((day) => day.date === date)?.exception;
  if (exception && exception.hours.length === 0) return new ClosedThatDayError(field, exception.date, exception.note);
  return new OutsideHoursError(field);
}

function checkUnbroken(resource: BookableDoc, days: readonly Day[], booked: readonly Slot[]): void {
  booked.forEach((slot, index) => {
    const next = booked[index + 1];
    if (next && !follows(resource.unit, slot, next)) throw closed(resource, days, slot.end, "to");
  });
}
