/** Which slots can be booked, and why the others can't. Pure. */
import { DateTime } from "luxon";
import { type Day, daysOf, follows, localDay, type Slot } from "./calendar.ts";
import { ATOM_MS, atomsOf, type ClaimDoc } from "./claims.ts";
import { EndBeforeStartError, RangeTooLongError, TimeInvalidError } from "./errors.ts";
import { type BookableDoc, unitMinutes } from "./resource.ts";
import type { SlotReason } from "./schemas.ts";
import { lastDay, readTime, type TimeField } from "./times.ts";

export type Taken = Pick<ClaimDoc, "startsAt" | "endsAt" | "from" | "to">;
export interface SlotView {
  from: string;
  to: string;
  /** How many more bookings fit. */
  free: number;
  reason: SlotReason | null;
}
export interface DayView {
  date: string;
  /** Why there is no slot at all. */
  closed: { reason: "weekly" | "exception"; note: string | null } | null;
  slots: SlotView[];
}

const MINUTE_MS = 60_000;
/** As long as the rules allow. */
const MAX_BUFFER_MS = 12 * 60 * MINUTE_MS;
/** As long as a call may ask for. */
export const MAX_DAYS = 31;

/** Milliseconds. */
export interface Range {
  from: number;
  to: number;
}

const IS_DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Default: seven days from today. @throws TimeInvalidError and its kind, EndBeforeStartError, RangeTooLongError */
export function rangeOf(asked: { from?: string; to?: string }, timeZone: string, now: Date): Range {
  const read = (text: string, field: TimeField): number => {
    if (!IS_DAY.test(text)) return readTime(text, timeZone, field).getTime();
    const day = DateTime.fromISO(text, { zone: timeZone }).startOf("day");
    if (!day.isValid) throw new TimeInvalidError(field, text);
    return (field === "from" ? day : day.plus({ days: 1 })).toMillis();
  };
  const from = asked.from === undefined ? localDay(now, timeZone).toMillis() : read(asked.from, "from");
  const to = asked.to === undefined ? localDay(from, timeZone).plus({ days: 7 }).toMillis() : read(asked.to, "to");
  if (to <= from) throw new EndBeforeStartError();
  if (to > DateTime.fromMillis(from, { zone: timeZone }).plus({ days: MAX_DAYS }).toMillis())
    throw new RangeTooLongError(MAX_DAYS);
  return { from, to };
}

/** What has to be looked at to tell about a range: whole days, gaps at its edge that may be too short, and what is kept free. */
export function widened(resource: BookableDoc, { from, to }: Range): Range {
  const { bufferBeforeMinutes, bufferAfterMinutes } = resource;
  const free = Math.max(bufferBeforeMinutes, bufferAfterMinutes);
  const gap = (resource.minSlots * unitMinutes(resource) + free) * MINUTE_MS;
  const { timeZone } = resource;
  return {
    from: localDay(from - gap, timeZone).toMillis(),
    to: localDay(to + gap, timeZone)
      .plus({ days: 1 })
      .toMillis(),
  };
}

export interface Asked extends Range {
  now: Date;
  /** Bookings of the widened range. */
  taken: readonly Taken[];
  /** Is the caller's quota used up in the week of this moment? */
  isQuotaUsed: (time: number) => boolean;
}

export function availabilityOf(resource: BookableDoc, asked: Asked): DayView[] {
  const wide = widened(resource, asked);
  const days = daysOf(resource, wide.from, wide.to);
  const judge = judgeOf(resource, asked, days);
  const slots = days.flatMap((day) => day.slots.map((slot) => ({ slot, ...judge(slot) })));
  markShortGaps(resource, slots);
  const inRange = ({ slot }: { slot: Slot }) => slot.end > asked.from && slot.start < asked.to;
  const byDate = Map.groupBy(slots.filter(inRange), ({ slot }) => slot.date);
  const [first, end] = [localDay(asked.from, resource.timeZone).toMillis(), asked.to];
  const shown = days.filter(({ start }) => start >= first && start < end);
  return shown.map((day) => ({
    date: day.date,
    closed: closedOf(day),
    slots: (byDate.get(day.date) ?? []).map(({ slot, free, reason }) => ({
      from: new Date(slot.start).toISOString(),
      to: new Date(slot.end).toISOString(),
      free,
      reason,
    })),
  }));
}

function closedOf({ slots, exception }: Day): DayView["closed"] {
  if (slots.length > 0) return null;
  return exception ? { reason: "exception", note: exception.note ?? null } : { reason: "weekly", note: null };
}

interface Verdict {
  free: number;
  reason: SlotReason | null;
}

function judgeOf(resource: BookableDoc, asked: Asked, days: readonly Day[]): (slot: Slot) => Verdict {
  const { capacity, noticeMinutes, bufferBeforeMinutes, bufferAfterMinutes, status } = resource;
  const { now, taken, isQuotaUsed } = asked;
  const [before, after] = [bufferBeforeMinutes * MINUTE_MS, bufferAfterMinutes * MINUTE_MS];
  const wide = widened(resource, asked);
  const blocks = countsOf(taken, ({ from, to }) => [from.getTime(), to.getTime()], wide, MAX_BUFFER_MS);
  const bookings = countsOf(taken, ({ startsAt, endsAt }) => [startsAt.getTime(), endsAt.getTime()], wide, 0);
  const tooSoon = now.getTime() + noticeMinutes * MINUTE_MS;
  const tooFar = lastDay(now, resource).plus({ days: 1 }).toMillis();
  const usedUp = new Map(days.map(({ date, start }) => [date, isQuotaUsed(start)]));
  return (slot) => {
    const free = Math.max(0, capacity - mostIn(blocks, slot.start - before, slot.end + after));
    const closed = (reason: SlotReason): Verdict => ({ free: 0, reason });
    if (slot.start <= now.getTime()) return closed("past");
    if (status !== "active") return closed("inactive");
    if (slot.start < tooSoon) return closed("too_soon");
    if (slot.start >= tooFar) return closed("too_far_ahead");
    if (free === 0) return closed(mostIn(bookings, slot.start, slot.end) >= capacity ? "taken" : "buffer");
    return usedUp.get(slot.date) ? closed("quota") : { free, reason: null };
  };
}

interface Counts {
  first: number;
  /** How many there are in each five minutes from `first`. */
  counts: Int16Array;
}

function countsOf(
  taken: readonly Taken[],
  span: (one: Taken) => [number, number],
  wide: Range,
  margin: number,
): Counts {
  const [first, end] = atomsOf(wide.from - margin, wide.to + margin);
  const counts = new Int16Array(end - first + 1);
  const clamp = (atom: number): number => Math.min(Math.max(atom - first, 0), end - first);
  for (const one of taken) {
    const [start, stop] = atomsOf(...span(one));
    counts[clamp(start)] = (counts[clamp(start)] ?? 0) + 1;
    counts[clamp(stop)] = (counts[clamp(stop)] ?? 0) - 1;
  }
  for (let atom = 1; atom < counts.length; atom++) counts[atom] = (counts[atom] ?? 0) + (counts[atom - 1] ?? 0);
  return { first, counts };
}

function mostIn({ first, counts }: Counts, from: number, to: number): number {
  let most = 0;
  for (let atom = Math.floor(from / ATOM_MS) - first; atom < Math.ceil(to / ATOM_MS) - first; atom++)
    most = Math.max(most, counts[atom] ?? 0);
  return most;
}

/** Free slots in a row that is shorter than the shortest booking can't be booked. */
function markShortGaps({ unit, minSlots }: BookableDoc, slots: (Verdict & { slot: Slot })[]): void {
  let run: typeof slots = [];
  const end = (): void => {
    if (run.length < minSlots) for (const one of run) Object.assign(one, { free: 0, reason: "too_short" });
    run = [];
  };
  for (const one of slots) {
    const last = run.at(-1);
    if (one.reason !== null || (last && !follows(unit, last.slot, one.slot))) end();
    if (one.reason === null) run.push(one);
  }
  end();
}
