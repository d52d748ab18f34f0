/**
 * What can be booked on a day: the slots of a resource, by its opening hours and exceptions on the building's clock.
 * Steps by the hour count from the opening in time that passes, so a day of 23 or 25 hours has as many more or fewer.
 * Pure; times are milliseconds since the epoch.
 */
import { DateTime } from "luxon";
import { momentOf } from "../../mixins/kit/business-time.ts";
import type { BookableDoc } from "./resource.ts";

export type Calendar = Pick<
  BookableDoc,
  "timeZone" | "openingHours" | "exceptions" | "unit" | "slotMinutes" | "halfDayAt"
>;
export interface Window {
  start: number;
  end: number;
}
export interface Slot extends Window {
  /** Of the calendar, `YYYY-MM-DD`. */
  date: string;
}
export interface Day {
  date: string;
  /** Of the day itself. */
  start: number;
  windows: Window[];
  slots: Slot[];
  /** The exception that holds on it. */
  exception: BookableDoc["exceptions"][number] | undefined;
}

const MINUTE_MS = 60_000;
export const localDay = (moment: Date | number, timeZone: string): DateTime =>
  DateTime.fromMillis(Number(moment), { zone: timeZone }).startOf("day");

export function dayOf(calendar: Calendar, day: DateTime): Day {
  const date = day.toISODate() as string;
  const exception = calendar.exceptions.find((one) => one.date === date);
  const usual = () => calendar.openingHours.filter(({ days }) => days.includes(day.weekday));
  const windows = (exception?.hours ?? usual())
    .map(({ from, to }) => ({ start: momentOf(day, from), end: momentOf(day, to) }))
    // Hours within the gap of a clock change are none on that day.
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start);
  const slots = slotsOf(calendar, day, windows).map((slot) => ({ ...slot, date }));
  return { date, start: day.toMillis(), windows, slots, exception };
}

function slotsOf({ unit, slotMinutes, halfDayAt }: Calendar, day: DateTime, windows: readonly Window[]): Window[] {
  if (unit === "hour") return windows.flatMap((window) => steps(window, slotMinutes * MINUTE_MS));
  if (unit === "day") return whole(windows);
  const split = momentOf(day, halfDayAt);
  const before = windows.map(({ start, end }) => ({ start, end: Math.min(end, split) }));
  const after = windows.map(({ start, end }) => ({ start: Math.max(start, split), end }));
  return [...whole(before), ...whole(after)];
}

function steps({ start, end }: Window, length: number): Window[] {
  const count = Math.floor((end - start) / length);
  return Array.from({ length: count }, (_, index) => ({
    start: start + index * length,
    end: start + (index + 1) * length,
  }));
}

/** From the first opening to the last closing. */
function whole(windows: readonly Window[]): Window[] {
  const open = windows.filter(({ start, end }) => start < end);
  const [first, last] = [open[0], open.at(-1)];
  return first && last ? [{ start: first.start, end: last.end }] : [];
}

/** The days that a span touches. */
export function daysOf(calendar: Calendar, from: number, to: number): Day[] {
  const days: Day[] = [];
  for (let day = localDay(from, calendar.timeZone); day.toMillis() < to; day = day.plus({ days: 1 }))
    days.push(dayOf(calendar, day));
  return days;
}

/** Can one booking go on from one slot into the other? By the hour without a break, else day after day. */
export function follows(unit: Calendar["unit"], slot: Slot, next: Slot): boolean {
  if (unit === "hour") return slot.end === next.start;
  return DateTime.fromISO(slot.date).plus({ days: 1 }).toISODate() === next.date || slot.date === next.date;
}
