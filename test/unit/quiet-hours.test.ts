import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { DateTime } from "luxon";
import { afterQuietHours, nextLocalTime } from "../../services/notifications/quiet-hours.ts";

const quietUntil = (now: string, from: string, to: string, zone: string) =>
  afterQuietHours(new Date(now), { from, to }, zone).toISOString();

describe("quiet hours", () => {
  it.each([
    ["before they begin", "2030-01-10T20:59:59.999Z", "2030-01-10T20:59:59.999Z"],
    ["as they begin", "2030-01-10T21:00:00.000Z", "2030-01-11T06:00:00.000Z"],
    ["in the evening", "2030-01-10T22:15:30.000Z", "2030-01-11T06:00:00.000Z"],
    ["after midnight", "2030-01-11T02:00:00.000Z", "2030-01-11T06:00:00.000Z"],
    ["as they end", "2030-01-11T06:00:00.000Z", "2030-01-11T06:00:00.000Z"],
  ])("over midnight, %s", (_, now, wanted) => expect(quietUntil(now, "22:00", "07:00", "Europe/Berlin")).toBe(wanted));

  it("within a day, and none at all", () => {
    expect(quietUntil("2030-01-10T12:30:00Z", "13:00", "15:00", "Europe/Berlin")).toBe("2030-01-10T14:00:00.000Z");
    expect(quietUntil("2030-01-10T12:30:00Z", "13:00", "13:00", "Europe/Berlin")).toBe("2030-01-10T12:30:00.000Z");
    expect(afterQuietHours(new Date("2030-01-10T12:30:00Z"), null, "UTC").toISOString()).toBe(
      "2030-01-10T12:30:00.000Z",
    );
  });

  it("a night of 23 hours ends by the clock on the wall", () => {
    expect(quietUntil("2030-03-30T22:00:00Z", "22:00", "07:00", "Europe/Berlin")).toBe("2030-03-31T05:00:00.000Z");
    // 02:30 does not exist that night: they end when the clock jumps over it.
    expect(quietUntil("2030-03-31T00:30:00Z", "22:00", "02:30", "Europe/Berlin")).toBe("2030-03-31T01:00:00.000Z");
  });

  it("a night of 25 hours too; in the hour that comes twice they end at its first 02:30, and begin again at 02:00", () => {
    expect(quietUntil("2030-10-26T21:00:00Z", "22:00", "07:00", "Europe/Berlin")).toBe("2030-10-27T06:00:00.000Z");
    expect(quietUntil("2030-10-27T00:10:00Z", "22:00", "02:30", "Europe/Berlin")).toBe("2030-10-27T00:30:00.000Z");
    expect(quietUntil("2030-10-27T01:10:00Z", "22:00", "02:30", "Europe/Berlin")).toBe("2030-10-27T01:30:00.000Z");
  });

  it("zones with quarters of an hour", () => {
    expect(quietUntil("2030-01-10T17:00:00Z", "22:00", "06:10", "Asia/Kathmandu")).toBe("2030-01-11T00:25:00.000Z");
  });

  it("whatever the time, zone and hours: what comes out is not quiet, not earlier, and less than two days off", () => {
    const clock = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
    const text = ([h, m]: [number, number]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`;
    const zones = fc.constantFrom("UTC", "Europe/Kyiv", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu");
    const year = fc.date({
      min: new Date("2030-01-01T00:00:00Z"),
      max: new Date("2031-01-01T00:00:00Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(year, clock, clock, zones, (now, start, end, zone) => {
        const [from, to] = [text(start), text(end)];
        const got = afterQuietHours(now, { from, to }, zone);
        const wall = DateTime.fromJSDate(got, { zone }).toFormat("HH:mm");
        const quiet = from <= to ? wall >= from && wall < to : wall >= from || wall < to;
        expect([quiet, got >= now, got.getTime() - now.getTime() < 2 * 24 * 3_600_000]).toEqual([false, true, true]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the next digest", () => {
  it.each([
    ["today", "2030-01-10T12:00:00Z", "2030-01-10T17:00:00.000Z"],
    ["tomorrow, when it is that time just now", "2030-01-10T17:00:00Z", "2030-01-11T17:00:00.000Z"],
    ["on the day when the clock changes", "2030-03-30T20:00:00Z", "2030-03-31T16:00:00.000Z"],
  ])("%s", (_, now, wanted) =>
    expect(nextLocalTime(new Date(now), "18:00", "Europe/Berlin").toISOString()).toBe(wanted),
  );

  it("a time that the clock skips is an hour later that day", () => {
    expect(nextLocalTime(new Date("2030-03-30T23:30:00Z"), "02:30", "Europe/Berlin").toISOString()).toBe(
      "2030-03-31T01:30:00.000Z",
    );
  });
});
