/** The state machine of bookings, against domains.md; what is decided, and what is paid back. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Actor } from "../../mixins/kit/actor.ts";
import {
  cancel,
  checkIn,
  checkMovable,
  decideApproval,
  move,
  newBooking,
  previewCancel,
} from "../../services/booking/decisions.ts";
import { icsOf } from "../../services/booking/ics.ts";
import {
  type BookingDoc,
  type BookingStatus,
  bookerOf,
  dueOf,
  quotaWeek,
  RELEASED,
  step,
} from "../../services/booking/model.ts";
import { nextDrop, refundOf, refundPercent } from "../../services/booking/policy.ts";
import { bookingStates } from "../../services/booking/states.ts";
import { bookable } from "../support/bookable.ts";

const TRANSITIONS = bookingStates.steps;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const now = new Date("2027-03-01T09:00:00Z");
const inMs = (ms: number) => new Date(now.getTime() + ms);
const span = { from: inMs(48 * HOUR), to: inMs(50 * HOUR), slots: 2 };
const person = (userId: string, role?: Actor["roles"][number]): Actor => ({
  userId,
  sessionId: "s",
  roles: role ? [role] : [],
  memberships: userId === "ann" ? [{ buildingId: "house", unitId: "unit", relation: "tenant" }] : [],
});
const ann = person("ann");
const manager = person("mara", { role: "manager", buildingId: "house" });
const booker = bookerOf(ann, "house");
const booking = (changes: Partial<BookingDoc> = {}): BookingDoc => ({
  ...newBooking("id", bookable(), booker, span, now),
  ...changes,
});
const codeOf = (make: () => unknown): string => {
  try {
    make();
    return "";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("a new booking", () => {
  it("is confirmed where it is free, waits for approval or payment where it has to", () => {
    const status = (rules: object, by = booker) => newBooking("id", bookable(rules), by, span, now).status;
    expect(status({})).toBe("confirmed");
    expect(status({ needsApproval: true })).toBe("pending_approval");
    expect(status({ needsApproval: true }, bookerOf(manager, "house"))).toBe("confirmed");
    expect(status({ price: 500, needsApproval: true })).toBe("pending_payment");
  });
  it("costs what its hours, half-days or days do, and is held for 15 minutes, but not into its own time", () => {
    const made = (rules: object, one = span) => newBooking("id", bookable(rules), booker, one, now);
    expect(made({ price: 999, slotMinutes: 30 }).amount).toBe(999);
    expect(made({ price: 999, slotMinutes: 20 }).amount).toBe(666);
    expect(made({ price: 999, unit: "day" }).amount).toBe(1_998);
    expect(made({ price: 1 }).holdExpiresAt).toEqual(inMs(15 * MINUTE));
    expect(made({ price: 1 }, { ...span, from: inMs(5 * MINUTE) }).holdExpiresAt).toEqual(inMs(5 * MINUTE));
    expect(made({}).holdExpiresAt).toBeNull();
  });
});

describe("the state machine", () => {
  const all = Object.keys(TRANSITIONS) as BookingStatus[];
  it("takes every step of the table, refuses every other one with the legal ones, and ends", () => {
    for (const from of all)
      for (const to of all) {
        const take = () => step(booking({ status: from }), to, null, now);
        if (TRANSITIONS[from].includes(to)) expect(take()).toMatchObject({ status: to, version: 2 });
        else
          expect(take).toThrow(
            expect.objectContaining({ code: "ILLEGAL_BOOKING_STEP", data: { legal: TRANSITIONS[from] } }),
          );
      }
    const final = all.filter((status) => TRANSITIONS[status].length === 0);
    expect(final).toEqual(["completed", "cancelled", "rejected", "expired", "no_show"]);
    for (const status of RELEASED) expect(final).toContain(status);
  });
  it("what goes by itself is a step of the table, and everything that is not final goes by itself", () => {
    for (const status of all)
      for (const window of [null, { opensAt: now, closesAt: span.to }]) {
        const due = dueOf(booking({ status, checkIn: window }));
        expect(due !== undefined).toBe(TRANSITIONS[status].length > 0);
        if (due) expect(TRANSITIONS[status]).toContain(due.to);
      }
  });
  it("a quota is given back by what did not take place", () => {
    const counted = (to: BookingStatus, from: BookingStatus) =>
      step(booking({ status: from, quota: "q" }), to, null, now).quota;
    expect(counted("cancelled", "confirmed")).toBeUndefined();
    expect(counted("rejected", "pending_approval")).toBeUndefined();
    expect(counted("expired", "pending_payment")).toBeUndefined();
    expect(counted("no_show", "confirmed")).toBe("q");
    expect(counted("completed", "checked_in")).toBe("q");
    const week = (text: string) => quotaWeek("r", "u", new Date(text), "Europe/Berlin").week;
    expect([week("2027-01-03T22:59:00Z"), week("2027-01-03T23:00:00Z")]).toEqual(["2026-W53", "2027-W01"]);
  });
});

describe("approval", () => {
  it("is for what waits for it only", () => {
    const waiting = booking({ status: "pending_approval" });
    expect(decideApproval(waiting, "confirmed", null, now).status).toBe("confirmed");
    expect(decideApproval(waiting, "rejected", "Closed.", now)).toMatchObject({
      status: "rejected",
      reason: "Closed.",
    });
    for (const status of ["pending_payment", "confirmed", "cancelled"] as const)
      expect(codeOf(() => decideApproval(booking({ status }), "confirmed", null, now))).toBe(
        "NOT_WAITING_FOR_APPROVAL",
      );
  });
});

describe("check-in", () => {
  const rules = bookable({ checkIn: { opensMinutesBefore: 10, closesMinutesAfter: 20 } });
  const booked = newBooking("id", rules, booker, span, now);
  const at = (minutes: number) => new Date(span.from.getTime() + minutes * MINUTE);
  it("is possible within its window, and never after the end", () => {
    expect(codeOf(() => checkIn(booked, at(-11)))).toBe("CHECK_IN_TOO_EARLY");
    expect(checkIn(booked, at(-10)).status).toBe("checked_in");
    expect(codeOf(() => checkIn(booked, at(20)))).toBe("CHECK_IN_CLOSED");
    expect(codeOf(() => checkIn(booking(), at(0)))).toBe("CHECK_IN_NOT_NEEDED");
    expect(codeOf(() => checkIn({ ...booked, status: "cancelled" }, at(0)))).toBe("ILLEGAL_BOOKING_STEP");
    const long = bookable({ checkIn: { opensMinutesBefore: 0, closesMinutesAfter: 600 } });
    expect(newBooking("id", long, booker, span, now).checkIn?.closesAt).toEqual(span.to);
  });
  it("that does not come gives the time to others", () => {
    expect(dueOf(booked)).toMatchObject({ to: "no_show", at: at(20) });
    expect(dueOf(checkIn(booked, at(0)))).toMatchObject({ to: "completed", at: span.to });
    expect(dueOf(booking())).toMatchObject({ to: "completed", at: span.to });
  });
});

describe("cancellation", () => {
  const cancellation = [
    { hoursBefore: 24, refundPercent: 50 },
    { hoursBefore: 48, refundPercent: 100 },
  ];
  const paid = booking({ amount: 1_001, cancellation });
  it("pays back by the booking's own policy, to the minute", () => {
    const preview = (ms: number) => previewCancel(paid, ann, new Date(span.from.getTime() - ms));
    expect(preview(48 * HOUR)).toEqual({ refundPercent: 100, refundAmount: 1_001, until: inMs(0) });
    expect(preview(48 * HOUR - 1)).toMatchObject({ refundPercent: 50, refundAmount: 501 });
    expect(preview(24 * HOUR - 1)).toEqual({ refundPercent: 0, refundAmount: 0, until: null });
    expect(previewCancel({ ...paid, status: "pending_payment" }, ann, now).refundAmount).toBe(0);
  });
  it("is what the preview said", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 72 * 60 }), fc.integer({ min: 0, max: 10_000 }), (minutes, amount) => {
        const one = { ...paid, amount };
        const moment = new Date(span.from.getTime() - minutes * MINUTE);
        expect(cancel(one, ann, undefined, moment).refundAmount).toBe(previewCancel(one, ann, moment).refundAmount);
      }),
    );
  });
  it("by the house pays back all, and says why", () => {
    const late = new Date(span.from.getTime() + MINUTE);
    expect(previewCancel(paid, manager, late)).toMatchObject({ refundPercent: 100, refundAmount: 1_001, until: null });
    expect(codeOf(() => cancel(paid, manager, undefined, late))).toBe("CANCEL_REASON_MISSING");
    expect(cancel(paid, manager, "A leak.", late)).toMatchObject({
      status: "cancelled",
      refundAmount: 1_001,
      reason: "A leak.",
    });
  });
  it("is too late for a resident once it has begun, and impossible at its end", () => {
    expect(codeOf(() => cancel(paid, ann, undefined, span.from))).toBe("BOOKING_STARTED");
    expect(codeOf(() => cancel({ ...paid, status: "completed" }, ann, undefined, now))).toBe("ILLEGAL_BOOKING_STEP");
  });
  it("a refund never grows with time under a policy that falls, and lies between nothing and all", () => {
    const tiers = fc.array(fc.record({ hoursBefore: fc.nat(100), refundPercent: fc.nat(100) }), { maxLength: 5 });
    fc.assert(
      fc.property(tiers, fc.nat(6_000), fc.nat(100_000), (policy, minutes, amount) => {
        const falling = policy.map((tier) => ({ ...tier, refundPercent: Math.min(100, tier.hoursBefore) }));
        const moment = new Date(span.from.getTime() - minutes * MINUTE);
        const refund = refundOf(amount, refundPercent(falling, span.from, moment));
        expect(refund).toBeGreaterThanOrEqual(0);
        expect(refund).toBeLessThanOrEqual(amount);
        const drop = nextDrop(falling, span.from, moment);
        if (drop)
          expect(refundPercent(falling, span.from, new Date(drop.getTime() + 1))).toBeLessThanOrEqual(
            refundPercent(falling, span.from, moment),
          );
      }),
    );
  });
});

describe("a move", () => {
  const other = { from: inMs(72 * HOUR), to: inMs(74 * HOUR), slots: 2 };
  it("keeps the booking, at another time of the same price", () => {
    const moved = move(booking(), bookable(), other, ann, now);
    expect(moved).toMatchObject({ from: other.from, to: other.to, status: "confirmed", version: 2 });
    const longer = { ...other, slots: 3 };
    expect(codeOf(() => move(booking({ amount: 20 }), bookable({ price: 10 }), longer, ann, now))).toBe(
      "MOVE_CHANGES_PRICE",
    );
  });
  it("of a resident is approved anew, where that is needed", () => {
    const asks = bookable({ needsApproval: true });
    expect(move(booking(), asks, other, ann, now).status).toBe("pending_approval");
    expect(move(booking(), asks, other, manager, now).status).toBe("confirmed");
  });
  it("is for what has not begun and not ended", () => {
    expect(codeOf(() => checkMovable(booking(), now))).toBe("");
    expect(codeOf(() => checkMovable(booking(), span.from))).toBe("BOOKING_STARTED");
    expect(codeOf(() => checkMovable(booking({ status: "checked_in" }), now))).toBe("BOOKING_STARTED");
    expect(codeOf(() => checkMovable(booking({ status: "expired" }), now))).toBe("BOOKING_FINAL");
  });
});

describe("the calendar file", () => {
  it("is RFC 5545: CRLF, lines of 75 octets, escaped text, UTC", () => {
    const text = icsOf(booking({ resourceName: `Sauna; with, ${"ä".repeat(80)}`, version: 3 }));
    expect(text.split("\r\n").every((line) => Buffer.byteLength(line) <= 75 && !line.includes("\n"))).toBe(true);
    const unfolded = text.replace(/\r\n[ \t]/g, "");
    expect(unfolded).toMatch(/^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\nPRODID:/);
    expect(unfolded).toContain("\r\nUID:id\r\nSEQUENCE:2\r\n");
    expect(unfolded).toContain("\r\nDTSTART:20270303T090000Z\r\nDTEND:20270303T110000Z\r\n");
    expect(unfolded).toContain(`SUMMARY:Sauna\\; with\\, ${"ä".repeat(80)}`);
    expect(unfolded).toContain("STATUS:CONFIRMED");
    expect(icsOf(booking({ status: "no_show" }))).toContain("STATUS:CANCELLED");
    expect(icsOf(booking({ status: "pending_approval" }))).toContain("STATUS:TENTATIVE");
  });
});
