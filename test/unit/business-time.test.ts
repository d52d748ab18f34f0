/** Open time in a house's own zone, across nights, weekends and both changes of the clock. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { addOpenTime, type Calendar, DEFAULT_HOURS, openTimeBetween } from "../../mixins/kit/business-time.ts";

const HOUR = 3_600_000;
const berlin: Calendar = { timeZone: "Europe/Berlin", hours: DEFAULT_HOURS };
const always: Calendar = {
  timeZone: "Europe/Berlin",
  hours: { days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "24:00" },
};
const nights: Calendar = { timeZone: "America/New_York", hours: { days: [7], from: "01:00", to: "04:00" } };
const utc = (text: string) => new Date(`${text}:00Z`);

describe("open time", () => {
  it.each<[string, string, number, Calendar, string]>([
    ["within a day", "2026-03-02T08:00", 2, berlin, "2026-03-02T10:00"],
    ["from before the opening", "2026-03-02T03:00", 1, berlin, "2026-03-02T08:00"],
    ["to the very end of a day", "2026-03-02T07:00", 10, berlin, "2026-03-02T17:00"],
    ["over the night", "2026-03-02T16:00", 2, berlin, "2026-03-03T08:00"],
    ["over the weekend", "2026-03-06T16:00", 2, berlin, "2026-03-09T08:00"],
    ["over the weekend on which summer begins", "2026-03-27T16:00", 2, berlin, "2026-03-30T07:00"],
    ["over the weekend on which summer ends", "2026-10-23T15:00", 2, berlin, "2026-10-26T08:00"],
    ["around the clock, through the hour that is not there", "2026-03-28T23:00", 24, always, "2026-03-29T23:00"],
    ["in a night of two real hours, when the clock jumps", "2026-03-08T05:00", 2, nights, "2026-03-08T08:00"],
    ["no time at all, in the night", "2026-03-02T23:00", 0, berlin, "2026-03-02T23:00"],
  ])("%s", (_, from, hours, calendar, to) => {
    expect(addOpenTime(utc(from), hours * HOUR, calendar).toISOString()).toBe(utc(to).toISOString());
    expect(openTimeBetween(utc(from), utc(to), calendar)).toBe(hours * HOUR);
  });

  it("between two moments is none when the second is not later", () => {
    expect(openTimeBetween(utc("2026-03-03T10:00"), utc("2026-03-02T10:00"), berlin)).toBe(0);
  });

  it("what is added is what lies between, and it adds up, wherever one begins", () => {
    const moment = fc.date({ min: utc("2026-01-01T00:00"), max: utc("2027-01-01T00:00"), noInvalidDate: true });
    const some = fc.integer({ min: 0, max: 100 * HOUR });
    const calendars = fc.constantFrom(berlin, always, nights);
    fc.assert(
      fc.property(moment, some, some, calendars, (from, first, second, calendar) => {
        const middle = addOpenTime(from, first, calendar);
        const end = addOpenTime(middle, second, calendar);
        expect(openTimeBetween(from, middle, calendar)).toBe(first);
        expect(openTimeBetween(from, end, calendar)).toBe(first + second);
      }),
      { numRuns: 300 },
    );
  });
});
