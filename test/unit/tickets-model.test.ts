/** The state machine of tickets, against the table of domains.md. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Actor } from "../../mixins/kit/actor.ts";
import { DEFAULT_HOURS } from "../../mixins/kit/business-time.ts";
import {
  assign,
  canSee,
  comment,
  dueStep,
  legalSteps,
  newTicket,
  rate,
  type Step,
  type TicketDoc,
  type TicketStatus,
  transition,
  update,
} from "../../services/tickets/model.ts";
import { ticketStates } from "../../services/tickets/states.ts";

const TRANSITIONS = ticketStates.steps;

const calendar = { timeZone: "Europe/Berlin", hours: DEFAULT_HOURS };
const now = new Date("2026-03-02T10:00:00Z");
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
const place = { buildingId: "house", reporterId: "reporter", calendar };
const ticket = (changes: Partial<TicketDoc> = {}): TicketDoc => ({
  ...newTicket("id", 1, asked, place, now),
  ...changes,
});
const later = new Date(now.getTime() + 60_000);
/** With everything that a step may need. */
const full = (to: TicketStatus): Step => ({
  to,
  reason: "because",
  resolution: "done",
  deferUntil: new Date("2026-04-01T00:00:00Z"),
});
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
    const due = (["urgent", "high", "normal", "low"] as const).map((priority) =>
      newTicket("id", 1, { ...asked, priority }, place, now)
        .sla.solution.dueAt.toISOString()
        .slice(0, 16),
    );
    // From Monday 11:00 in Berlin, ten hours a day.
    expect(due).toEqual(["2026-03-02T14:00", "2026-03-03T10:00", "2026-03-05T10:00", "2026-03-09T10:00"]);
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
    expect(urgent.sla.solution.dueAt.toISOString()).toBe("2026-03-02T14:00:00.000Z");
    for (const status of ["closed", "cancelled"] as const) {
      expect(() => update(ticket({ status }), { title: "x" }, staff, now)).toThrow("nothing changes it any more");
      expect(() => assign(ticket({ status }), "staff", now)).toThrow("nothing changes it any more");
    }
    expect(assign(ticket(), "staff", now)).toMatchObject({ assigneeId: "staff", version: 2 });
  });

  it("the reporter, and nobody else, rates it once it is resolved, and once", () => {
    const resolved = ticket({ status: "resolved" });
    expect(rate(resolved, 4, reporter, now)).toMatchObject({ rating: 4, version: 2 });
    expect(() => rate(resolved, 4, staff, now)).toThrow("Only who has reported");
    expect(() => rate(ticket(), 4, reporter, now)).toThrow("The ticket is open; it can be rated when it is resolved.");
    expect(() => rate(ticket({ status: "closed", rating: 1 }), 4, reporter, now)).toThrow("rated already");
  });

  it("staff comments publicly or internally, its reporter publicly, and nobody when it is over", () => {
    expect(comment(ticket(), "public", reporter, later)).toEqual(ticket());
    expect(() => comment(ticket(), "internal", reporter, now)).toThrow("Only the building's staff");
    expect(comment(ticket(), "internal", staff, later).sla.first_response.metAt).toBeNull();
    expect(comment(ticket(), "public", staff, later)).toMatchObject({
      version: 2,
      sla: { first_response: { metAt: later } },
    });
    expect(() => comment(ticket({ status: "closed" }), "public", staff, now)).toThrow("nothing changes it any more");
  });
});

describe("the clocks of the service level", () => {
  const at = (text: string) => new Date(`2026-03-${text}:00Z`);
  const due = (one: TicketDoc) => one.sla.solution.dueAt.toISOString().slice(8, 16);

  it("the first response is staff's first step, assignment or public comment; the reporter's own steps are none", () => {
    expect(transition(ticket(), full("cancelled"), reporter, later).sla.first_response.metAt).toBeNull();
    expect(transition(ticket(), full("in_progress"), staff, later).sla.first_response.metAt).toEqual(later);
    expect(assign(ticket(), "staff", later).sla.first_response.metAt).toEqual(later);
    const first = assign(ticket(), "staff", later);
    expect(transition(first, full("in_progress"), staff, at("02T12:00")).sla.first_response.metAt).toEqual(later);
  });

  it("the solution's stands still while the ticket is deferred, and goes on with what was left", () => {
    // Due on Thursday 11:00 in Berlin; two of thirty hours are gone when it is deferred.
    expect(due(ticket())).toBe("05T10:00");
    const deferred = transition(ticket(), { to: "deferred", deferUntil: at("10T07:00") }, staff, at("02T12:00"));
    expect(deferred.sla.solution.leftMs).toBe(28 * 3_600_000);
    const open = dueStep(deferred, { to: "open" }, at("10T07:00"));
    // From Tuesday 08:00: ten, ten, eight hours.
    expect(due(open)).toBe("12T15:00");
  });

  it("is met when it is resolved, and runs again with what was left when it is returned", () => {
    const resolved = transition(ticket({ status: "in_progress" }), full("resolved"), staff, at("02T12:00"));
    expect(resolved.sla.solution.metAt).toEqual(at("02T12:00"));
    const returned = transition(resolved, full("open"), reporter, at("04T12:00"));
    expect(returned.sla.solution).toMatchObject({ metAt: null, leftMs: null });
    expect(due(returned)).toBe("09T10:00");
  });

  it("whatever happens, they stand still exactly while the ticket is deferred, resolved or over", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...all), fc.integer({ min: 1, max: 200 })), { maxLength: 20 }),
        (steps) => {
          let one = ticket();
          let time = now.getTime();
          for (const [to, hours] of steps) {
            time += hours * 3_600_000;
            const moment = new Date(time);
            const step = { ...full(to), deferUntil: new Date(time + 1) };
            if (legalSteps(one, staff).includes(to)) one = transition(one, step, staff, moment);
            const runs = one.status === "open" || one.status === "in_progress";
            expect([one.status, one.sla.solution.leftMs === null]).toEqual([one.status, runs]);
          }
        },
      ),
    );
  });
});
