/** Claims and availability: what they say is the same, and it is what a count by hand says. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { availabilityOf, rangeOf, type Taken, widened } from "../../services/booking/availability.ts";
import { blockOf, claimBlock, newClaim } from "../../services/booking/claims.ts";
import type { AskedRules, BookableDoc } from "../../services/booking/resource.ts";
import { ALWAYS_OPEN, bookable } from "../support/bookable.ts";

const HOUR = 3_600_000;
const now = new Date("2027-03-01T09:00:00Z");
const utc = (text: string) => new Date(`${text}:00Z`);

interface Booked {
  span: { from: Date; to: Date };
  slots: number[];
}
/** Claims them in turn; `undefined` where there is no place. */
function book(resource: BookableDoc, spans: readonly { from: Date; to: Date }[]): (Booked | undefined)[] {
  const made: Booked[] = [];
  return spans.map((span) => {
    const slots = claimBlock(
      blockOf(resource, span),
      resource.capacity,
      made.flatMap((one) => one.slots),
    );
    if (!slots) return undefined;
    const booked = { span, slots };
    made.push(booked);
    return booked;
  });
}
const taken = (resource: BookableDoc, spans: readonly { from: Date; to: Date }[]): Taken[] =>
  spans.map((span) => newClaim("id", resource._id, span, blockOf(resource, span), []));

describe("claims", () => {
  const hours = fc.tuple(fc.integer({ min: 0, max: 48 }), fc.integer({ min: 1, max: 6 })).map(([start, length]) => ({
    from: new Date(utc("2027-03-02T00:00").getTime() + start * HOUR),
    to: new Date(utc("2027-03-02T00:00").getTime() + (start + length) * HOUR),
  }));
  const rules = fc.record({
    capacity: fc.integer({ min: 1, max: 4 }),
    bufferBeforeMinutes: fc.constantFrom(0, 15, 60),
    bufferAfterMinutes: fc.constantFrom(0, 30, 120),
  });

  it("are all different, in ascending order, and let in as many as fit at every moment, no fewer", () => {
    fc.assert(
      fc.property(rules, fc.array(hours, { maxLength: 40 }), (rule, spans) => {
        const resource = bookable({ openingHours: ALWAYS_OPEN, ...rule });
        const all = book(resource, spans);
        const made = all.filter((one) => one !== undefined);
        const slots = made.flatMap((one) => one.slots);
        expect(new Set(slots).size).toBe(slots.length);
        for (const one of made) expect(one.slots).toEqual(one.slots.toSorted((a, b) => a - b));
        const blocks = made.map(({ span }) => blockOf(resource, span));
        const at = (time: number) => blocks.filter(({ from, to }) => +from <= time && time < +to).length;
        for (const { from } of blocks) expect(at(+from)).toBeLessThanOrEqual(rule.capacity);
        // Who was refused met a moment at which all places are taken.
        all.forEach((one, index) => {
          if (one) return;
          const block = blockOf(resource, spans[index] as { from: Date; to: Date });
          const moments = [+block.from, ...blocks.map(({ from }) => +from)];
          const full = moments.some((time) => +block.from <= time && time < +block.to && at(time) >= rule.capacity);
          expect(full).toBe(true);
        });
      }),
      { numRuns: 200 },
    );
  });

  it("are refused where more are there than now fit", () => {
    const span = { from: utc("2027-03-02T10:00"), to: utc("2027-03-02T11:00") };
    const three = bookable({ capacity: 3 });
    const there = book(three, [span, span]).flatMap((one) => one?.slots ?? []);
    expect(claimBlock(span, 2, there)).toBeUndefined();
    expect(claimBlock(span, 3, there)).toHaveLength(12);
    // Those who are left sit in the second place: still they are one.
    const second = there.filter((claim) => claim % 1_024 === 1);
    expect(claimBlock(span, 1, second)).toBeUndefined();
  });

  it("what availability calls free can be claimed, and what it calls taken or kept free can't", () => {
    fc.assert(
      fc.property(rules, fc.array(hours, { maxLength: 25 }), (rule, spans) => {
        const resource = bookable({ openingHours: ALWAYS_OPEN, ...rule }, "UTC");
        const made = book(resource, spans).filter((one) => one !== undefined);
        const range = { from: +utc("2027-03-02T00:00"), to: +utc("2027-03-05T00:00") };
        const there = taken(
          resource,
          made.map(({ span }) => span),
        );
        const days = availabilityOf(resource, { ...range, now, taken: there, isQuotaUsed: () => false });
        expect(days.map(({ date }) => date)).toEqual(["2027-03-02", "2027-03-03", "2027-03-04"]);
        const claimed = made.flatMap((one) => one.slots);
        for (const slot of days.flatMap((day) => day.slots)) {
          const span = { from: new Date(slot.from), to: new Date(slot.to) };
          const can = claimBlock(blockOf(resource, span), rule.capacity, claimed) !== undefined;
          expect([slot.from, slot.reason === null]).toEqual([slot.from, can]);
          if (slot.reason !== null) expect(["taken", "buffer"]).toContain(slot.reason);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("availability", () => {
  const told = (rules: Partial<AskedRules>, asked: { from?: string; to?: string }, spans: [string, string][] = []) => {
    const resource = bookable(rules);
    const range = rangeOf(asked, resource.timeZone, now);
    const there = taken(
      resource,
      spans.map(([from, to]) => ({ from: utc(from), to: utc(to) })),
    );
    return availabilityOf(resource, {
      ...range,
      now,
      taken: there,
      isQuotaUsed: (time) => time >= +utc("2027-03-07T12:00"),
    });
  };
  const reasons = (days: ReturnType<typeof told>) => days.map(({ slots }) => slots.map(({ reason }) => reason));
  const short = { openingHours: [{ days: [1, 2, 3, 4, 5], from: "08:00", to: "13:00" }] };

  it("says why: past, too soon, taken, kept free, too short a gap, too far ahead, used up, closed", () => {
    const rules = { ...short, noticeMinutes: 60, bufferAfterMinutes: 30, minSlots: 2, daysAhead: 8 };
    const exceptions = [{ date: "2027-03-03", hours: [], note: "Cleaning" }];
    const days = told({ ...rules, exceptions }, { from: "2027-03-01", to: "2027-03-10" }, [
      ["2027-03-02T09:00", "2027-03-02T10:00"],
    ]);
    expect(reasons(days)).toEqual([
      ["past", "past", "past", null, null],
      ["too_short", "buffer", "taken", "buffer", "too_short"],
      [],
      [null, null, null, null, null],
      [null, null, null, null, null],
      [],
      [],
      ["quota", "quota", "quota", "quota", "quota"],
      ["quota", "quota", "quota", "quota", "quota"],
      Array(5).fill("too_far_ahead"),
    ]);
    expect(days.map(({ closed }) => closed)).toEqual([
      ...[null, null, { reason: "exception", note: "Cleaning" }, null, null],
      ...[{ reason: "weekly", note: null }, { reason: "weekly", note: null }, null, null, null],
    ]);
    const soon = told({ ...short, noticeMinutes: 121 }, { from: "2027-03-01", to: "2027-03-01" });
    expect(reasons(soon)).toEqual([["past", "past", "past", "too_soon", "too_soon"]]);
  });

  it("counts what is left, and looks over the edge of what was asked", () => {
    const [day] = told({ capacity: 3 }, { from: "2027-03-02T09:00", to: "2027-03-02T11:00" }, [
      ["2027-03-02T08:00", "2027-03-02T09:00"],
    ]);
    expect(day?.slots.map(({ from, free }) => [from, free])).toEqual([
      ["2027-03-02T08:00:00.000Z", 2],
      ["2027-03-02T09:00:00.000Z", 3],
    ]);
    const night = { openingHours: ALWAYS_OPEN, minSlots: 3 };
    const [last] = told(night, { from: "2027-03-02T22:00", to: "2027-03-03T00:00" });
    expect(last?.slots.map(({ reason }) => reason)).toEqual([null, null]);
  });

  it("looks as far over the edge as something is kept free", () => {
    const hour = 3_600_000;
    const range = { from: +utc("2027-03-02T01:00"), to: +utc("2027-03-02T23:00") };
    const { from, to } = widened(bookable({ bufferBeforeMinutes: 720, bufferAfterMinutes: 60 }, "UTC"), range);
    expect(from).toBeLessThanOrEqual(range.from - 13 * hour);
    expect(to).toBeGreaterThanOrEqual(range.to + 13 * hour);
  });

  it("is asked for at most 31 days, from an earlier to a later time", () => {
    const code = (asked: { from?: string; to?: string }) => {
      try {
        rangeOf(asked, "Europe/Berlin", now);
        return "";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(code({})).toBe("");
    expect(code({ from: "2027-03-01", to: "2027-03-31" })).toBe("");
    expect(code({ from: "2027-03-01", to: "2027-04-01" })).toBe("RANGE_TOO_LONG");
    expect(code({ from: "2027-03-02", to: "2027-03-01" })).toBe("END_BEFORE_START");
    expect(code({ from: "2027-02-30" })).toBe("TIME_INVALID");
    expect(code({ from: "2027-03-28T02:30" })).toBe("TIME_IN_DST_GAP");
  });

  it("of an inactive resource says so", () => {
    const resource: BookableDoc = { ...bookable(short), status: "inactive" };
    const range = rangeOf({ from: "2027-03-02", to: "2027-03-02" }, resource.timeZone, now);
    expect(widened(resource, range).from).toBeLessThan(range.from);
    const [day] = availabilityOf(resource, { ...range, now, taken: [], isQuotaUsed: () => false });
    expect(day?.slots.map(({ reason, free }) => [reason, free])).toEqual(Array(5).fill(["inactive", 0]));
  });
});
