/** Time that counts only while a house is open: business hours in its own time zone, DST included. Pure. */
import { DateTime } from "luxon";
import Type, { type Static } from "typebox";

const ClockTime = Type.String({
  pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$",
  examples: ["08:00"],
  description: "HH:MM, to 24:00.",
});

export const BusinessHoursSchema = Type.Object(
  {
    days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
      description: "1 is Monday.",
    }),
    from: ClockTime,
    to: ClockTime,
  },
  { additionalProperties: false },
);
export type BusinessHours = Static<typeof BusinessHoursSchema>;

export interface Calendar {
  /** IANA name. */
  timeZone: string;
  hours: BusinessHours;
}

export const DEFAULT_HOURS: BusinessHours = { days: [1, 2, 3, 4, 5], from: "08:00", to: "18:00" };

interface Window {
  start: number;
  end: number;
}

/** How far an end may lie away. */
const MAX_DAYS = 3_660;

/** The opening windows from the one that `from` lies in or before. */
function* windows(from: Date, calendar: Calendar): Generator<Window> {
  const { year, month, day } = DateTime.fromJSDate(from, { zone: calendar.timeZone });
  for (let index = 0; index < MAX_DAYS; index++) {
    // A date without a zone.
    const date = new Date(Date.UTC(year, month - 1, day + index));
    if (!calendar.hours.days.includes(date.getUTCDay() || 7)) continue;
    const { start, end } = windowOn(date, calendar);
    if (end > from.getTime() && end > start) yield { start: Math.max(start, from.getTime()), end };
  }
}

/** Every ticket of a house asks for the next days, and each answer takes several looks at its time zone: they are kept. */
const kept = new Map<string, Window>();
const MOST_KEPT = 10_000;

function windowOn(date: Date, { timeZone, hours }: Calendar): Window {
  const key = `${timeZone} ${hours.from} ${hours.to} ${date.getTime()}`;
  const known = kept.get(key);
  if (known) return known;
  const [year, month, number] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  const day = DateTime.fromObject({ year, month, day: number }, { zone: timeZone });
  const window = { start: momentOf(day, hours.from), end: momentOf(day, hours.to) };
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, window);
  return window;
}

/** The moment of `HH:MM` (to 24:00) on that day. Of a time that the clock skips, the moment after the gap. */
export function momentOf(day: DateTime, time: string): number {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return (hour === 24 ? day.plus({ days: 1 }).startOf("day") : day.set({ hour, minute })).toMillis();
}

/** The moment at which `ms` of open time have passed since `from`. `from` itself when `ms` is 0. */
export function addOpenTime(from: Date, ms: number, calendar: Calendar): Date {
  let left = ms;
  if (left <= 0) return from;
  for (const { start, end } of windows(from, calendar)) {
    if (left <= end - start) return new Date(start + left);
    left -= end - start;
  }
  return DateTime.fromJSDate(from).plus({ days: MAX_DAYS }).toJSDate();
}

/** Milliseconds of open time between two moments; 0 when the second is not later. */
export function openTimeBetween(from: Date, to: Date, calendar: Calendar): number {
  let sum = 0;
  for (const { start, end } of windows(from, calendar)) {
    if (start >= to.getTime()) break;
    sum += Math.min(end, to.getTime()) - start;
  }
  return sum;
}
