/** Local times of people: when not to disturb them, and when the next digest is due. Pure; right on days of 23 and 25 hours. */
import { DateTime } from "luxon";

/** Wall-clock times `HH:MM` in the person's zone; over midnight when `from` is after `to`. Equal: never. */
export interface QuietHours {
  from: string;
  to: string;
}

const DAY_MIN = 24 * 60;
/** Clocks change at quarters of an hour. */
const STEP_MIN = 15;

const minutesOf = (time: string): number => {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return hour * 60 + minute;
};

const wallMinutes = (at: DateTime): number => at.hour * 60 + at.minute;

function isQuiet(minute: number, { from, to }: QuietHours): boolean {
  const [start, end] = [minutesOf(from), minutesOf(to)];
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}

/** `now`, or the first moment after it at which the clock on the person's wall is outside of the quiet hours. */
export function afterQuietHours(now: Date, quiet: QuietHours | null, zone: string): Date {
  if (!quiet) return now;
  let at = DateTime.fromJSDate(now, { zone });
  if (!isQuiet(wallMinutes(at), quiet)) return now;
  at = at.startOf("minute");
  // In small steps, so that an hour that the clock skips or repeats is walked through as it comes.
  for (let walked = 0; walked <= 2 * DAY_MIN; ) {
    const left = (minutesOf(quiet.to) - wallMinutes(at) + DAY_MIN) % DAY_MIN;
    const step = Math.min(left || STEP_MIN, STEP_MIN - (at.minute % STEP_MIN));
    at = at.plus({ minutes: step });
    walked += step;
    if (!isQuiet(wallMinutes(at), quiet)) return at.toJSDate();
  }
  return now;
}

/** It has to wait. */
export class QuietHoursError extends Error {
  readonly code = "QUIET_HOURS";
  readonly until: Date;
  constructor(until: Date) {
    super("The person does not want to be disturbed now.");
    this.until = until;
  }
}

/** They may have begun, or been set, since it was planned. @throws QuietHoursError */
export function keepQuiet(quiet: QuietHours | null, zone: string, now: Date): void {
  const until = afterQuietHours(now, quiet, zone);
  if (until > now) throw new QuietHoursError(until);
}

/** The next moment after `now` at which it is `time` there; of a time that the clock skips, as much later. */
export function nextLocalTime(now: Date, time: string, zone: string): Date {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  const today = DateTime.fromJSDate(now, { zone }).startOf("day");
  for (const days of [0, 1, 2]) {
    const at = today.plus({ days }).set({ hour, minute });
    if (at.toMillis() > now.getTime()) return at.toJSDate();
  }
  return now;
}
