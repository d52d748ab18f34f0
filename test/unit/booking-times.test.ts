/** Times of bookings: every wrong one has its own code, and days of 23 and 25 hours are as long as they are. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { DateTime } from "luxon";
import { daysOf } from "../../services/booking/calendar.ts";
import type { AskedRules, BookableDoc } from "../../services/booking/resource.ts";
import { checkSpan, readSpan, readTime } from "../../services/booking/times.ts";
import { ALWAYS_OPEN, bookable } from "../support/bookable.ts";

const now = new Date("2027-03-01T09:00:00Z");

/** The code of the error that it throws, or how many slots it has. */
function verdict(resource: BookableDoc, from: string, to: string): string | number {
  try {
    return checkSpan(resource, readSpan({ from, to }, resource.timeZone), now).slots;
  } catch (error) {
    return (error as { code: string }).code;
  }
}
function codeOf(make: () => unknown): string {
  try {
    make();
    return "";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("a time of a booking", () => {
  const closedEaster: Partial<AskedRules> = {
    exceptions: [
      { date: "2027-03-28", hours: [], note: "Easter" },
      { date: "2027-03-29", hours: [{ from: "10:00", to: "12:00" }] },
    ],
  };
  it.each<[string, Partial<AskedRules>, string, string, string | number]>([
    ["two slots", {}, "2027-03-02T10:00", "2027-03-02T12:00", 2],
    ["the same with an offset", {}, "2027-03-02T10:00+01:00", "2027-03-02T11:00:00.000Z", 2],
    ["the first of the day", {}, "2027-03-02T08:00", "2027-03-02T09:00", 1],
    ["the last of the day", {}, "2027-03-02T19:00", "2027-03-02T20:00", 1],
    ["an end before the start", {}, "2027-03-02T12:00", "2027-03-02T10:00", "END_BEFORE_START"],
    ["no time at all", {}, "2027-03-02T12:00", "2027-03-02T12:00", "END_BEFORE_START"],
    ["the past", {}, "2027-02-28T10:00", "2027-02-28T11:00", "TIME_IN_PAST"],
    ["this very moment", { noticeMinutes: 0 }, "2027-03-01T10:00", "2027-03-01T11:00", "TIME_IN_PAST"],
    ["too soon", { noticeMinutes: 181 }, "2027-03-01T13:00", "2027-03-01T14:00", "TOO_SOON"],
    ["just soon enough", { noticeMinutes: 180 }, "2027-03-01T13:00", "2027-03-01T14:00", 1],
    ["too far ahead", { daysAhead: 7 }, "2027-03-09T08:00", "2027-03-09T09:00", "TOO_FAR_AHEAD"],
    ["as far ahead as can be", { daysAhead: 7 }, "2027-03-08T19:00", "2027-03-08T20:00", 1],
    ["too short", { minSlots: 2 }, "2027-03-02T10:00", "2027-03-02T11:00", "TOO_SHORT"],
    ["too long", { maxSlots: 2 }, "2027-03-02T10:00", "2027-03-02T13:00", "TOO_LONG"],
    ["years", {}, "2027-03-02T10:00", "2031-03-02T13:00", "TOO_LONG"],
    ["before the opening", {}, "2027-03-02T07:00", "2027-03-02T09:00", "OUTSIDE_OPENING_HOURS"],
    ["after the closing", {}, "2027-03-02T19:00", "2027-03-02T21:00", "OUTSIDE_OPENING_HOURS"],
    ["over the night", { maxSlots: 24 }, "2027-03-02T19:00", "2027-03-03T09:00", "OUTSIDE_OPENING_HOURS"],
    ["a day that is closed", closedEaster, "2027-03-28T10:00", "2027-03-28T11:00", "CLOSED_THAT_DAY"],
    ["the other hours of an exception", closedEaster, "2027-03-29T11:00", "2027-03-29T12:00", 1],
    ["the usual hours of an exception", closedEaster, "2027-03-29T14:00", "2027-03-29T15:00", "OUTSIDE_OPENING_HOURS"],
    ["a beginning between two slots", {}, "2027-03-02T10:30", "2027-03-02T11:30", "NOT_A_SLOT"],
    ["an end between two slots", {}, "2027-03-02T10:00", "2027-03-02T11:30", "NOT_A_SLOT"],
    ["seconds", {}, "2027-03-02T10:00:01", "2027-03-02T11:00:01", "NOT_A_SLOT"],
    ["a time that the clock skips", {}, "2027-03-28T02:30", "2027-03-28T03:30", "TIME_IN_DST_GAP"],
    ["a time that comes twice", {}, "2027-10-31T02:30", "2027-10-31T03:30", "TIME_AMBIGUOUS"],
    ["no day of the calendar", {}, "2027-02-30T10:00", "2027-02-30T11:00", "TIME_INVALID"],
  ])("%s", (_, rules, from, to, expected) => {
    expect(verdict(bookable(rules), from, to)).toBe(expected);
  });

  it("of half-days and days: whole ones, one after the other", () => {
    const days = bookable({
      unit: "day",
      maxSlots: 5,
      openingHours: [{ days: [1, 2, 3, 4, 5], from: "09:00", to: "17:00" }],
    });
    expect(verdict(days, "2027-03-02T09:00", "2027-03-04T17:00")).toBe(3);
    expect(verdict(days, "2027-03-02T10:00", "2027-03-02T17:00")).toBe("NOT_A_SLOT");
    expect(verdict(days, "2027-03-05T09:00", "2027-03-08T17:00")).toBe("OUTSIDE_OPENING_HOURS");
    expect(verdict({ ...days, maxSlots: 2 }, "2027-03-02T09:00", "2027-03-04T17:00")).toBe("TOO_LONG");
    const halves = bookable({ unit: "half_day", halfDayAt: "13:00", minSlots: 1, maxSlots: 3 });
    expect(verdict(halves, "2027-03-02T08:00", "2027-03-02T13:00")).toBe(1);
    expect(verdict(halves, "2027-03-02T13:00", "2027-03-03T20:00")).toBe(3);
    expect(verdict({ ...halves, minSlots: 2 }, "2027-03-02T13:00", "2027-03-02T20:00")).toBe("TOO_SHORT");
  });
});

describe("a day on which the clock changes", () => {
  const hours = (date: string, rules: Partial<AskedRules> = {}): number => {
    const start = DateTime.fromISO(date, { zone: "Europe/Berlin" });
    const [day] = daysOf(bookable({ openingHours: ALWAYS_OPEN, ...rules }), start.toMillis(), start.toMillis() + 1);
    return day?.slots.length ?? 0;
  };
  it("has as many slots as hours", () => {
    expect([hours("2027-03-27"), hours("2027-03-28"), hours("2027-10-31")]).toEqual([24, 23, 25]);
  });
  it("opens as usual by the clock", () => {
    const open = readTime("2027-03-28T08:00", "Europe/Berlin", "from");
    expect(open.toISOString()).toBe("2027-03-28T06:00:00.000Z");
    expect(verdict(bookable(), "2027-03-28T08:00", "2027-03-28T09:00")).toBe(1);
  });
  it("hours within the gap are none, and across it an hour less", () => {
    const night = (from: string, to: string) => ({ openingHours: [{ days: [7], from, to }] });
    expect(hours("2027-03-28", night("02:00", "03:00"))).toBe(0);
    expect(hours("2027-03-28", night("01:00", "04:00"))).toBe(2);
    expect(hours("2027-10-31", night("01:00", "04:00"))).toBe(4);
  });
  it("the hour that comes twice can be booked twice, by its offset", () => {
    const always = bookable({ openingHours: ALWAYS_OPEN });
    expect(verdict(always, "2027-10-31T02:00+02:00", "2027-10-31T02:00+01:00")).toBe(1);
    expect(verdict(always, "2027-10-31T02:00+01:00", "2027-10-31T03:00+01:00")).toBe(1);
  });
});

describe("slots", () => {
  const zone = fc.constantFrom(
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
  );
  const step = fc.constantFrom(5, 15, 30, 60, 90, 120);
  const day = fc.integer({ min: 0, max: 365 });
  const clock = fc.integer({ min: 0, max: 288 }).map((five) => {
    const [hour, minute] = [Math.floor(five / 12), (five % 12) * 5];
    return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  });
  const rules = fc
    .record({
      zone,
      step,
      day,
      a: clock,
      b: clock,
      unit: fc.constantFrom("hour" as const, "half_day" as const, "day" as const),
    })
    .filter(({ a, b }) => a < b);

  it("lie within the opening hours, one after the other, each one bookable, in every zone and on every day", () => {
    fc.assert(
      fc.property(rules, ({ zone: timeZone, step: slotMinutes, day: ahead, a, b, unit }) => {
        const openingHours = [{ days: [1, 2, 3, 4, 5, 6, 7], from: a, to: b }];
        const resource = bookable({ openingHours, slotMinutes, unit, maxSlots: 1 }, timeZone);
        const start = DateTime.fromISO("2027-03-02", { zone: timeZone }).plus({ days: ahead });
        const [found] = daysOf(resource, start.toMillis(), start.toMillis() + 1);
        let last = 0;
        for (const slot of found?.slots ?? []) {
          expect(slot.start).toBeGreaterThanOrEqual(last);
          last = slot.end;
          expect(found?.windows.some((window) => window.start <= slot.start && slot.end <= window.end)).toBe(true);
          if (unit === "hour") expect(slot.end - slot.start).toBe(slotMinutes * 60_000);
          expect(checkSpan(resource, { from: new Date(slot.start), to: new Date(slot.end) }, now).slots).toBe(1);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("an asked time is read as it is written, or refused with one of three codes", () => {
    const moment = fc.date({ min: new Date("2027-01-01"), max: new Date("2028-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(zone, moment, (timeZone, date) => {
        const text = DateTime.fromJSDate(date, { zone: "UTC" }).toFormat("yyyy-MM-dd'T'HH:mm");
        const refused = codeOf(() => {
          const read = readTime(text, timeZone, "from");
          expect(DateTime.fromJSDate(read, { zone: timeZone }).toFormat("yyyy-MM-dd'T'HH:mm")).toBe(text);
        });
        expect(["", "TIME_IN_DST_GAP", "TIME_AMBIGUOUS"]).toContain(refused);
      }),
    );
  });
});

describe("rules that contradict themselves", () => {
  const rule = (rules: Partial<AskedRules>) => codeOf(() => bookable(rules));
  const days = [1];
  it("are refused, each with its code", () => {
    expect(rule({ openingHours: [{ days, from: "10:00", to: "09:00" }] })).toBe("OPENING_EMPTY");
    const [a, b] = [
      { days, from: "08:00", to: "12:00" },
      { days, from: "11:00", to: "13:00" },
    ];
    expect(rule({ openingHours: [b, a] })).toBe("OPENING_OVERLAPS");
    expect(rule({ openingHours: [a, { ...b, from: "12:00" }] })).toBe("");
    expect(rule({ exceptions: [{ date: "2027-03-02", hours: [a, b].map(({ from, to }) => ({ from, to })) }] })).toBe(
      "OPENING_OVERLAPS",
    );
    const closed = { date: "2027-03-02", hours: [] };
    expect(rule({ exceptions: [closed, closed] })).toBe("EXCEPTION_TWICE");
    expect(rule({ minSlots: 3, maxSlots: 2 })).toBe("LENGTH_RANGE");
    expect(rule({ unit: "day", maxSlots: 15 })).toBe("LENGTH_RANGE");
    expect(rule({ unit: "day", maxSlots: 14 })).toBe("");
  });
});
