/** The state machine of tickets, against the table of domains.md. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Actor } from "../../mixins/kit/actor.ts";
import {
  assign,
  canSee,
  dueAt,
  legalSteps,
  newTicket,
  type Step,
  type TicketDoc,
  type TicketStatus,
  TRANSITIONS,
  transition,
  update,
} from "../../services/tickets/model.ts";

const now = new Date("2026-03-01T10:00:00Z");
const person = (userId: string, role?: Actor["roles"][number]): Actor => ({
  userId,
  sessionId: "s",
  roles: role ? [role] : [],
  memberships: [],
});
const reporter = person("reporter");
const staff = person("staff", { role: "staff", buildingId: "house" });
const foreignStaff = person("other", { role: "manager", buildingId: "another house" });
const asked = { unitId: "unit", category: "plumbing", title: " Tap ", description: " drips " } as const;
const ticket = (changes: Partial<TicketDoc> = {}): TicketDoc => ({
  ...newTicket("id", 1, asked, { buildingId: "house", reporterId: "reporter" }, now),
  ...changes,
});
const later = new Date(now.getTime() + 60_000);
/** With everything that a step may need. */
const full = (to: TicketStatus): Step => ({ to, reason: "because", resolution: "done", deferUntil: later });
const all = Object.keys(TRANSITIONS) as TicketStatus[];

describe("a ticket", () => {
  it("begins open, trimmed, with version 1 and a due date by priority", () => {
    expect(ticket()).toMatchObject({
      status: "open",
      title: "Tap",
      description: "drips",
      version: 1,
      priority: "normal",
    });
    const hours = (["urgent", "high", "normal", "low"] as const).map(
      (priority) => (dueAt(priority, now).getTime() - now.getTime()) / 3_600_000,
    );
    expect(hours).toEqual([4, 24, 72, 168]);
  });

  it.each(all.flatMap((from) => all.map((to) => [from, to] as const)))(
    "staff: %s -> %s as the table says",
    (from, to) => {
      const before = ticket({ status: from });
      if (TRANSITIONS[from].includes(to))
        expect(transition(before, full(to), staff, now)).toMatchObject({ status: to, version: 2 });
      else
        expect(() => transition(before, full(to), staff, now)).toThrow(
          expect.objectContaining({ code: "ILLEGAL_TRANSITION", data: { legal: [...TRANSITIONS[from]] } }),
        );
    },
  );

  it("its reporter may cancel it while it is open, and accept or return what was resolved; others nothing", () => {
    const legal = (actor: Actor) =>
      Object.fromEntries(all.map((status) => [status, legalSteps(ticket({ status }), actor)]));
    const nothing = Object.fromEntries(all.map((status) => [status, []]));
    expect(legal(reporter)).toEqual({ ...nothing, open: ["cancelled"], resolved: ["closed", "open"] });
    expect(canSee(reporter, ticket())).toBe(true);
    expect(canSee(staff, ticket())).toBe(true);
    expect(canSee(foreignStaff, ticket())).toBe(false);
    expect(canSee(person("stranger"), ticket())).toBe(false);
  });

  it.each([
    ["open", "cancelled", "reason"],
    ["in_progress", "resolved", "resolution"],
    ["open", "deferred", "deferUntil"],
    ["resolved", "open", "reason"],
  ] as const)("%s -> %s is refused without its %s", (from, to, field) => {
    const { [field]: _, ...step } = full(to);
    expect(() => transition(ticket({ status: from }), step as Step, staff, now)).toThrow(
      expect.objectContaining({ data: { errors: [{ path: `/${field}`, message: "is required" }] } }),
    );
  });

  it("is not deferred to a moment that has passed", () => {
    const step = { to: "deferred", deferUntil: now } as const;
    expect(() => transition(ticket(), step, staff, now)).toThrow("deferUntil has to be in the future.");
  });

  it("keeps the resolution when it is closed, and drops it when it is returned", () => {
    const resolved = transition(ticket({ status: "in_progress" }), full("resolved"), staff, now);
    expect(transition(resolved, { to: "closed" }, reporter, now).resolution).toBe("done");
    expect(transition(resolved, full("open"), reporter, now)).toMatchObject({ resolution: null, reason: "because" });
  });

  it("whatever steps are tried, the version counts the ones that were legal, and an end is an end", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...all), fc.constantFrom(staff, reporter)), { maxLength: 30 }),
        (steps) => {
          let one = ticket();
          let done = 1;
          for (const [to, actor] of steps) {
            const legal = legalSteps(one, actor).includes(to);
            if (!legal) expect(() => transition(one, full(to), actor, now)).toThrow();
            else {
              one = transition(one, full(to), actor, now);
              done++;
            }
          }
          expect(one.version).toBe(done);
          if (one.status === "closed" || one.status === "cancelled") expect(legalSteps(one, staff)).toEqual([]);
        },
      ),
    );
  });

  it("its reporter changes the text while it is open, staff also category and priority, nobody a finished one", () => {
    expect(update(ticket(), { title: "Taps" }, reporter, now)).toMatchObject({ title: "Taps", version: 2 });
    expect(() => update(ticket(), { priority: "urgent" }, reporter, now)).toThrow(
      "staff may change category or priority",
    );
    expect(() => update(ticket({ status: "in_progress" }), { title: "x" }, reporter, now)).toThrow("being worked on");
    const urgent = update(ticket(), { priority: "urgent" }, staff, later);
    expect(urgent.dueAt).toEqual(dueAt("urgent", now));
    for (const status of ["closed", "cancelled"] as const) {
      expect(() => update(ticket({ status }), { title: "x" }, staff, now)).toThrow("nothing changes it any more");
      expect(() => assign(ticket({ status }), "staff", now)).toThrow("nothing changes it any more");
    }
    expect(assign(ticket(), "staff", now)).toMatchObject({ assigneeId: "staff", version: 2 });
  });
});
