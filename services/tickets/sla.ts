/** Clocks of the service level: first response and solution, in the building's open time, standing still while deferred. Pure. */
import { addOpenTime, type Calendar, openTimeBetween } from "../../mixins/kit/business-time.ts";

export type Priority = "low" | "normal" | "high" | "urgent";
export const CLOCKS = ["first_response", "solution"] as const;
export type ClockName = (typeof CLOCKS)[number];

export interface SlaClock {
  dueAt: Date;
  /** Open time that is left, milliseconds, while the clock stands still; null: it runs. */
  leftMs: number | null;
  /** In time or late. */
  metAt: Date | null;
  /** The event was published: once. */
  breachedAt: Date | null;
}
export type Sla = Record<ClockName, SlaClock>;

const HOUR_MS = 3_600_000;
/** Open hours; a day of the usual business hours has ten. */
export const TARGET_H: Readonly<Record<Priority, Readonly<Record<ClockName, number>>>> = {
  urgent: { first_response: 1, solution: 4 },
  high: { first_response: 4, solution: 10 },
  normal: { first_response: 10, solution: 30 },
  low: { first_response: 20, solution: 50 },
};

export function startSla(priority: Priority, calendar: Calendar, now: Date): Sla {
  const clock = (name: ClockName): SlaClock => ({
    dueAt: addOpenTime(now, TARGET_H[priority][name] * HOUR_MS, calendar),
    leftMs: null,
    metAt: null,
    breachedAt: null,
  });
  return { first_response: clock("first_response"), solution: clock("solution") };
}

/** Met, and standing still: what was left is kept for a return. */
export const meet = (clock: SlaClock, calendar: Calendar, now: Date): SlaClock =>
  clock.metAt ? clock : { ...pause(clock, calendar, now), metAt: now };

export const pause = (clock: SlaClock, calendar: Calendar, now: Date): SlaClock =>
  clock.leftMs !== null ? clock : { ...clock, leftMs: openTimeBetween(now, clock.dueAt, calendar) };

/** Runs again, with what was left. A clock that is met stays so, unless `again`. */
export function resume(clock: SlaClock, calendar: Calendar, now: Date, again = false): SlaClock {
  if (clock.leftMs === null || (clock.metAt && !again)) return clock;
  return { ...clock, dueAt: addOpenTime(now, clock.leftMs, calendar), leftMs: null, metAt: null };
}

/** Another priority: as much open time more, or less, as the targets differ. */
export function reprioritise(sla: Sla, from: Priority, to: Priority, calendar: Calendar, now: Date): Sla {
  const shifted = (name: ClockName): SlaClock => {
    const clock = sla[name];
    if (clock.metAt) return clock;
    const late = openTimeBetween(clock.dueAt, now, calendar);
    const left = clock.leftMs ?? openTimeBetween(now, clock.dueAt, calendar) - late;
    const next = Math.max(0, left + (TARGET_H[to][name] - TARGET_H[from][name]) * HOUR_MS);
    return clock.leftMs === null ? { ...clock, dueAt: addOpenTime(now, next, calendar) } : { ...clock, leftMs: next };
  };
  return { first_response: shifted("first_response"), solution: shifted("solution") };
}

export const isRunning = ({ leftMs, metAt, breachedAt }: SlaClock): boolean => leftMs === null && !metAt && !breachedAt;
