/** Bookings to their full depth, by REST: rules, who may what, what becomes due, moving out. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { createWorld, type World } from "../support/cluster.ts";
import { waitFor } from "../support/env.ts";
import { type Answer, type Person, type Rest, startProduct } from "../support/product.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const ALWAYS = [{ days: EVERY_DAY, from: "00:00", to: "24:00" }];
// biome-ignore lint/suspicious/noExplicitAny: whatever the server said
type Body = any;

describe("bookings", () => {
  let world: World;
  let broker: ServiceBroker;
  let rest: Rest;
  let admin: Person;
  let ann: Person;
  let bob: Person;
  let manager: Person;
  let buildingId = "";
  let unitId = "";
  /** Milliseconds that the product's clock is ahead. */
  let ahead = 0;
  const clock = () => new Date(Date.now() + ahead);
  const signIn = async (): Promise<void> => {
    [admin, ann, bob, manager] = (await Promise.all(
      [admin, ann, bob, manager].map(({ email, password }) => rest.login(email, password)),
    )) as [Person, Person, Person, Person];
  };
  /** Time goes on; tokens that were given out before have expired then. */
  const wait = async (ms: number): Promise<void> => {
    ahead += ms;
    await signIn();
  };
  /** A full hour of the clock, so many hours from now at least. */
  const inHours = (hours: number): number => (Math.floor(clock().getTime() / HOUR) + 1 + hours) * HOUR;
  const span = (from: number, hours = 1) => ({
    from: new Date(from).toISOString(),
    to: new Date(from + hours * HOUR).toISOString(),
  });
  const newResource = async (rules: object = {}): Promise<Body> => {
    const sauna = { name: "Sauna", kind: "room", unit: "hour", openingHours: ALWAYS, ...rules };
    return (await rest.ok(201, rest.as(manager).post(`/buildings/${buildingId}/resources`, sauna))).body;
  };
  const book = (person: Person, resource: { id: string }, at: object): Promise<Answer> =>
    rest.as(person).post("/bookings", { resourceId: resource.id, ...at });
  const booked = async (person: Person, resource: { id: string }, at: object): Promise<Body> =>
    (await rest.ok(201, book(person, resource, at))).body;
  const get = async (id: string): Promise<Body> => (await rest.ok(200, rest.as(manager).get(`/bookings/${id}`))).body;
  const command = (person: Person, id: string, verb: string, body: object = {}): Promise<Answer> =>
    rest.as(person).post(`/bookings/${id}/${verb}`, body);
  const becomes = (id: string, status: string): Promise<Body> =>
    waitFor(
      async () => {
        const booking = await get(id);
        return booking.status === status ? booking : undefined;
      },
      { message: `the booking to be ${status}` },
    );
  /** Payloads of the newest events of that kind about it. */
  const told = (eventType: string, id: string): Promise<Body> =>
    waitFor(
      async () => {
        const { items } = (await rest.as(admin).get(`/ops/events?eventType=${eventType}&limit=100`)).body;
        const event = items.find(({ aggregateId }: Body) => aggregateId === id);
        return event && (await rest.as(admin).get(`/ops/events/${event.eventId}`)).body.payload;
      },
      { message: `${eventType} in the event log` },
    );

  beforeAll(async () => {
    world = await createWorld();
    ({ rest, broker } = await startProduct(world, { clock }));
    admin = await rest.admin();
    ({ buildingId, unitId, manager } = await rest.newBuilding(admin, "Lime"));
    [ann, bob] = await Promise.all([rest.newPerson(admin, "Ann"), rest.newPerson(admin, "Bob")]);
    await rest.moveIn(ann, manager, unitId);
    await rest.moveIn(bob, manager, unitId);
  });
  afterAll(() => world.dispose());

  describe("a free one", () => {
    it("is confirmed at once, and nobody else gets the time or a part of it", async () => {
      const sauna = await newResource();
      const at = inHours(2);
      const made = await rest.ok(201, book(ann, sauna, span(at, 2)));
      expect(made.body).toMatchObject({ status: "confirmed", amount: 0, userId: ann.id, unitId, version: 1 });
      expect(made.headers.get("location")).toBe(`/api/v1/bookings/${made.body.id}`);
      for (const [from, hours] of [
        [at, 2],
        [at + HOUR, 2],
        [at - HOUR, 2],
        [at + HOUR, 1],
      ] as const)
        expect(await book(bob, sauna, span(from, hours))).toMatchObject({ status: 409, body: { code: "SLOT_TAKEN" } });
      await booked(bob, sauna, span(at + 2 * HOUR));
      const own = await rest.as(ann).get(`/bookings?resourceId=${sauna.id}`);
      expect(own.body.items.map(({ id }: Body) => id)).toEqual([made.body.id]);
      const all = `/bookings?buildingId=${buildingId}&resourceId=${sauna.id}`;
      expect((await rest.as(manager).get(all)).body.items).toHaveLength(2);
      const later = `${all}&from=${span(at + 2 * HOUR).from}&status=confirmed`;
      expect((await rest.as(manager).get(later)).body.items).toHaveLength(1);
      expect(await told("booking.created", made.body.id)).toMatchObject({ resourceName: "Sauna", status: "confirmed" });
    });

    it("by a local time without an offset means the building's clock", async () => {
      const sauna = await newResource();
      const day = clock().toISOString().slice(0, 8) + String(clock().getUTCDate()).padStart(2, "0");
      const { body } = await rest.as(ann).get(`/resources/${sauna.id}/availability?from=${day}`);
      const slot = body.days.at(-1).slots[10];
      const local = { from: `${body.days.at(-1).date}T10:00`, to: `${body.days.at(-1).date}T11:00` };
      expect(await booked(ann, sauna, local)).toMatchObject({ from: slot.from, to: slot.to });
    });

    it("of an unverified neighbour, a foreign resident and a provider is not to be had: there is nothing there", async () => {
      const sauna = await newResource();
      const stranger = await rest.newPerson(admin, "Stranger");
      for (const answer of [
        await book(stranger, sauna, span(inHours(2))),
        await rest.as(stranger).get(`/resources/${sauna.id}`),
        await rest.as(stranger).get(`/resources/${sauna.id}/availability`),
        await rest.as(stranger).get(`/buildings/${buildingId}/resources`),
      ])
        expect(answer).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    });

    it("is made once for one Idempotency-Key", async () => {
      const sauna = await newResource();
      const sent = { resourceId: sauna.id, ...span(inHours(2)) };
      const send = () => rest.as(ann).post("/bookings", sent, { "idempotency-key": "sauna-tonight" });
      const [first, second] = [await send(), await send()];
      expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id]);
      expect(second.headers.get("idempotency-replayed")).toBe("true");
    });
  });

  it("every wrong time has its own code, sentence and field", async () => {
    const next = new Date(inHours(0));
    const year = next.getUTCFullYear() + (next.getUTCMonth() > 1 ? 1 : 0);
    // The last Sundays of March and October.
    const sunday = (month: number): string => {
      const last = new Date(Date.UTC(year, month, 0));
      return new Date(last.getTime() - last.getUTCDay() * DAY).toISOString().slice(0, 10);
    };
    const day = new Date(inHours(48)).toISOString().slice(0, 10);
    const rules = {
      openingHours: [{ days: EVERY_DAY, from: "08:00", to: "20:00" }],
      minSlots: 2,
      maxSlots: 4,
      daysAhead: 30,
    };
    const closed = { exceptions: [{ date: day, hours: [], note: "Cleaning" }] };
    const [usual, shut, notice] = [
      await newResource(rules),
      await newResource({ ...rules, ...closed }),
      await newResource({ ...rules, noticeMinutes: 43_200 }),
    ];
    const hour = (from: string, to: string) => ({ from: `${day}T${from}`, to: `${day}T${to}` });
    const past = { from: "2020-06-01T10:00", to: "2020-06-01T12:00" };
    const cases: [string, string, { id: string }, object][] = [
      ["END_BEFORE_START", "/to", usual, hour("12:00", "10:00")],
      ["TIME_IN_PAST", "/from", usual, past],
      ["TOO_SOON", "/from", notice, hour("10:00", "12:00")],
      ["TOO_FAR_AHEAD", "/from", usual, { from: `${year + 2}-06-01T10:00`, to: `${year + 2}-06-01T12:00` }],
      ["TOO_SHORT", "/to", usual, hour("10:00", "11:00")],
      ["TOO_LONG", "/to", usual, hour("10:00", "15:00")],
      ["NOT_A_SLOT", "/from", usual, hour("10:30", "12:30")],
      ["NOT_A_SLOT", "/to", usual, hour("10:00", "12:30")],
      ["OUTSIDE_OPENING_HOURS", "/from", usual, hour("07:00", "09:00")],
      ["OUTSIDE_OPENING_HOURS", "/to", usual, hour("19:00", "21:00")],
      ["CLOSED_THAT_DAY", "/from", shut, hour("10:00", "12:00")],
      ["TIME_IN_DST_GAP", "/from", usual, { from: `${sunday(3)}T02:30`, to: `${sunday(3)}T04:00` }],
      ["TIME_AMBIGUOUS", "/to", usual, { from: `${sunday(10)}T00:00`, to: `${sunday(10)}T02:30` }],
      ["TIME_INVALID", "/from", usual, { from: `${year}-02-30T10:00`, to: `${year}-03-01T10:00` }],
      ["INVALID_INPUT", "/from", usual, { from: "tomorrow", to: `${year}-03-01T10:00` }],
    ];
    for (const [code, path, resource, at] of cases) {
      const { status, body } = await book(ann, resource, at);
      expect([code, status, body.code, body.errors?.[0]?.path, body.detail.length > 10]).toEqual([
        code,
        422,
        code,
        path,
        true,
      ]);
    }
  });

  describe("rules of a resource", () => {
    it("buffers keep others away, and availability says so", async () => {
      const sauna = await newResource({ bufferAfterMinutes: 30 });
      const at = inHours(3);
      await booked(ann, sauna, span(at));
      expect((await book(bob, sauna, span(at + HOUR))).body.code).toBe("SLOT_TAKEN");
      const { from, to } = span(at - 2 * HOUR, 5);
      const { body } = await rest.ok(
        200,
        rest.as(bob).get(`/resources/${sauna.id}/availability?from=${from}&to=${to}`),
      );
      const slots = body.days.flatMap((day: Body) => day.slots);
      expect(slots.map(({ reason, free }: Body) => [reason, free])).toEqual([
        [null, 1],
        ["buffer", 0],
        ["taken", 0],
        ["buffer", 0],
        [null, 1],
      ]);
      await booked(bob, sauna, span(at + 2 * HOUR));
    });

    it("as many as fit get in at the same time, no more", async () => {
      const gym = await newResource({ name: "Gym", capacity: 3 });
      const at = span(inHours(2));
      const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => book(n % 2 ? ann : bob, gym, at)));
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([201, 201, 201, 409, 409, 409, 409, 409]);
      expect(new Set(answers.filter(({ status }) => status === 409).map(({ body }) => body.code))).toEqual(
        new Set(["SLOT_TAKEN"]),
      );
    });

    it("a resident's quota of a week holds also for bookings at the same moment; a cancelled one counts no more", async () => {
      const court = await newResource({ kind: "court", quotaPerWeek: 2 });
      // A week that has not begun: all of it is to come.
      const today = Math.floor(inHours(0) / DAY) * DAY;
      const monday = today + ((8 - new Date(today).getUTCDay()) % 7 || 7) * DAY;
      const tries = await Promise.all(
        Array.from({ length: 6 }, (_, n) => book(ann, court, span(monday + n * 2 * HOUR))),
      );
      const made = tries.filter(({ status }) => status === 201);
      expect(made).toHaveLength(2);
      for (const { status, body } of tries.filter((one) => one.status !== 201))
        expect([status, body.code]).toEqual([409, "QUOTA_REACHED"]);
      await booked(bob, court, span(monday + 13 * HOUR));
      const day = new Date(monday).toISOString().slice(0, 10);
      const slots = async (): Promise<Body[]> =>
        (await rest.as(ann).get(`/resources/${court.id}/availability?from=${day}&to=${day}`)).body.days[0].slots;
      expect(new Set((await slots()).map(({ reason }) => reason))).toEqual(new Set(["quota", "taken"]));
      await rest.ok(200, command(ann, made[0]?.body.id, "cancel"));
      expect((await slots()).some(({ reason }) => reason === null)).toBe(true);
      await booked(ann, court, span(monday + 15 * HOUR));
      await booked(manager, court, span(monday + 17 * HOUR));
      await booked(manager, court, span(monday + 18 * HOUR));
      await booked(manager, court, span(monday + 19 * HOUR));
      // Lowered, or taken off, it counts for what comes.
      const change = (quotaPerWeek: number | null) =>
        rest.ok(200, rest.as(manager).patch(`/resources/${court.id}`, { quotaPerWeek }));
      await change(1);
      expect((await book(ann, court, span(monday + 21 * HOUR))).body.code).toBe("QUOTA_REACHED");
      await change(null);
      const to = span(monday + 21 * HOUR);
      await rest.ok(200, command(ann, made[1]?.body.id, "move", to));
      await booked(ann, court, span(monday + 22 * HOUR));
    });

    it("change for what comes; what was booked stays; an inactive one takes nothing new", async () => {
      const sauna = await newResource();
      const made = await booked(ann, sauna, span(inHours(2)));
      const path = `/resources/${sauna.id}`;
      expect((await rest.as(manager).patch(path, { capacity: 2 }, { "if-match": '"7"' })).status).toBe(412);
      const changed = await rest.ok(200, rest.as(manager).patch(path, { status: "inactive", name: "Old sauna" }));
      expect(changed.body).toMatchObject({ version: 2, status: "inactive", capacity: 1 });
      expect(await book(bob, sauna, span(inHours(5)))).toMatchObject({
        status: 409,
        body: { code: "RESOURCE_INACTIVE" },
      });
      expect((await get(made.id)).status).toBe("confirmed");
      await told("resource.updated", sauna.id);
      for (const [rules, code] of [
        [{ minSlots: 5, maxSlots: 4 }, "LENGTH_RANGE"],
        [{ openingHours: [{ days: [1], from: "10:00", to: "09:00" }] }, "OPENING_EMPTY"],
        [{ openingHours: [...ALWAYS, { days: [1], from: "08:00", to: "09:00" }] }, "OPENING_OVERLAPS"],
        [
          {
            exceptions: [
              { date: "2027-01-01", hours: [] },
              { date: "2027-01-01", hours: [] },
            ],
          },
          "EXCEPTION_TWICE",
        ],
      ] as const)
        expect(await rest.as(manager).patch(path, rules)).toMatchObject({ status: 422, body: { code } });
    });
  });

  describe("approval", () => {
    it("is a manager's: approved is confirmed, rejected gives the time back and says why", async () => {
      const hall = await newResource({ name: "Hall", needsApproval: true });
      const at = span(inHours(2));
      const first = await booked(ann, hall, at);
      expect(first.status).toBe("pending_approval");
      expect((await book(bob, hall, at)).body.code).toBe("SLOT_TAKEN");
      expect((await command(ann, first.id, "approve")).status).toBe(403);
      const rejected = await rest.ok(200, command(manager, first.id, "reject", { reason: "Repairs." }));
      expect(rejected.body).toMatchObject({ status: "rejected", reason: "Repairs." });
      const second = await booked(bob, hall, at);
      await rest.ok(200, command(manager, second.id, "approve"));
      expect(await command(manager, second.id, "approve")).toMatchObject({
        status: 409,
        body: { code: "NOT_WAITING_FOR_APPROVAL" },
      });
      expect(await told("booking.status_changed", first.id)).toMatchObject({
        from: "pending_approval",
        to: "rejected",
        reason: "Repairs.",
        actorId: manager.id,
      });
      expect((await booked(manager, hall, span(inHours(8)))).status).toBe("confirmed");
      const moved = await rest.ok(200, command(bob, second.id, "move", span(inHours(4))));
      expect(moved.body.status).toBe("pending_approval");
    });

    it("that nobody gives before the time comes is over then", async () => {
      const hall = await newResource({ name: "Hall", needsApproval: true });
      const made = await booked(ann, hall, span(inHours(2), 3));
      await wait(Date.parse(made.from) - clock().getTime() + 1_000);
      expect((await becomes(made.id, "expired")).reason).toBe("Nobody had approved it when it was to begin.");
    });
  });

  describe("a move", () => {
    it("takes the new time and gives the old one back, also where both overlap", async () => {
      const sauna = await newResource();
      const at = inHours(2);
      const [mine, other] = [await booked(ann, sauna, span(at, 2)), await booked(bob, sauna, span(at + 3 * HOUR))];
      const moved = await rest.ok(200, command(ann, mine.id, "move", span(at + HOUR, 2)));
      expect(moved.body).toMatchObject({ ...span(at + HOUR, 2), version: 2, status: "confirmed" });
      await booked(bob, sauna, span(at));
      expect((await command(ann, mine.id, "move", span(at + 2 * HOUR, 2))).body.code).toBe("SLOT_TAKEN");
      expect(await get(mine.id)).toMatchObject({ ...span(at + HOUR, 2), version: 2 });
      expect((await command(bob, mine.id, "move", span(at + 8 * HOUR, 2))).status).toBe(404);
      expect((await command(ann, mine.id, "move", span(at + 9 * HOUR, -1))).body.code).toBe("END_BEFORE_START");
      expect(await told("booking.moved", mine.id)).toMatchObject({
        previousFrom: span(at).from,
        from: span(at + HOUR).from,
      });
      await rest.ok(200, command(bob, other.id, "cancel"));
      expect((await command(bob, other.id, "move", span(at + 9 * HOUR))).body.code).toBe("BOOKING_FINAL");
    });

    it("that would cost another amount is refused", async () => {
      const sauna = await newResource({ price: 700 });
      const made = await booked(ann, sauna, span(inHours(2)));
      expect((await command(ann, made.id, "move", span(inHours(5), 2))).body.code).toBe("MOVE_CHANGES_PRICE");
      await rest.ok(200, command(ann, made.id, "move", span(inHours(5))));
    });
  });

  describe("cancelling", () => {
    it("is previewed by the policy that the booking was made under", async () => {
      const cancellation = [
        { hoursBefore: 48, refundPercent: 100 },
        { hoursBefore: 24, refundPercent: 50 },
      ];
      const sauna = await newResource({ cancellation });
      const made = await booked(ann, sauna, span(inHours(30)));
      await rest.ok(200, rest.as(manager).patch(`/resources/${sauna.id}`, { cancellation: [] }));
      const preview = await rest.ok(200, rest.as(ann).get(`/bookings/${made.id}/cancellation-preview`));
      const until = new Date(Date.parse(made.from) - 24 * HOUR).toISOString();
      expect(preview.body).toEqual({ refundPercent: 50, refundAmount: 0, currency: "EUR", until });
      expect((await command(bob, made.id, "cancel")).status).toBe(404);
      const gone = await rest.ok(200, command(ann, made.id, "cancel", { reason: "Ill." }));
      expect(gone.body).toMatchObject({ status: "cancelled", reason: "Ill.", refundAmount: 0, version: 2 });
      expect(await command(ann, made.id, "cancel")).toMatchObject({
        status: 409,
        body: { code: "ILLEGAL_BOOKING_STEP", legal: [] },
      });
      expect((await rest.as(ann).get(`/bookings/${made.id}/cancellation-preview`)).status).toBe(409);
      expect(await told("booking.cancelled", made.id)).toMatchObject({
        reason: "Ill.",
        refundAmount: 0,
        currency: "EUR",
      });
      await booked(bob, sauna, span(Date.parse(made.from)));
    });

    it("by staff needs a reason; a version that is old is refused", async () => {
      const sauna = await newResource();
      const made = await booked(ann, sauna, span(inHours(2)));
      expect((await command(manager, made.id, "cancel")).body.code).toBe("CANCEL_REASON_MISSING");
      const stale = await rest
        .as(manager)
        .post(`/bookings/${made.id}/cancel`, { reason: "A leak." }, { "if-match": '"9"' });
      expect(stale.status).toBe(412);
      await rest.ok(200, command(manager, made.id, "cancel", { reason: "A leak." }));
    });
  });

  describe("what becomes due", () => {
    it("one that is to be paid is held for 15 minutes, then it is over and the time free again", async () => {
      const sauna = await newResource({ price: 500 });
      const at = span(inHours(3), 2);
      const held = await booked(ann, sauna, at);
      expect(held).toMatchObject({ status: "pending_payment", amount: 1_000, currency: "EUR" });
      expect(Date.parse(held.holdExpiresAt) - Date.parse(held.createdAt)).toBe(15 * MINUTE);
      expect((await book(bob, sauna, at)).body.code).toBe("SLOT_TAKEN");
      await wait(14 * MINUTE);
      expect((await get(held.id)).status).toBe("pending_payment");
      await wait(MINUTE + 1_000);
      expect((await becomes(held.id, "expired")).reason).toBe("It was not paid in time.");
      await booked(bob, sauna, at);
    });

    it("also when nobody was there at that moment: after a restart", async () => {
      const sauna = await newResource({ price: 500 });
      const held = await booked(ann, sauna, span(inHours(3)));
      await broker.stop();
      ahead += 20 * MINUTE;
      ({ rest, broker } = await startProduct(world, { clock }));
      await signIn();
      await becomes(held.id, "expired");
      expect((await booked(bob, sauna, span(Date.parse(held.from)))).status).toBe("pending_payment");
    });

    it("check-in has a window; who comes is there, who does not gives the time to others", async () => {
      const rules = { checkIn: { opensMinutesBefore: 10, closesMinutesAfter: 15 }, slotMinutes: 15, maxSlots: 12 };
      const sauna = await newResource(rules);
      const at = inHours(3);
      const [mine, lost] = [await booked(ann, sauna, span(at)), await booked(bob, sauna, span(at + HOUR))];
      expect(mine.checkInOpensAt).toBe(new Date(at - 10 * MINUTE).toISOString());
      expect((await command(ann, mine.id, "check-in")).body.code).toBe("CHECK_IN_TOO_EARLY");
      await wait(at - clock().getTime() + 5 * MINUTE);
      expect((await command(bob, mine.id, "check-in")).status).toBe(404);
      const there = await rest.ok(200, command(ann, mine.id, "check-in"));
      expect(there.body.status).toBe("checked_in");
      expect(await told("booking.checked_in", mine.id)).toMatchObject({ userId: ann.id });
      expect((await command(ann, mine.id, "cancel")).body.code).toBe("BOOKING_STARTED");
      await wait(HOUR);
      await becomes(mine.id, "completed");
      await wait(11 * MINUTE);
      expect((await becomes(lost.id, "no_show")).reason).toBe("Nobody had checked in in time.");
      expect((await command(bob, lost.id, "check-in")).body.code).toBe("ILLEGAL_BOOKING_STEP");
      await booked(ann, sauna, { from: new Date(at + HOUR + 30 * MINUTE), to: new Date(at + 2 * HOUR) });
    });

    it("without a check-in it completes itself, and counts", async () => {
      const sauna = await newResource();
      const made = await booked(ann, sauna, span(inHours(1)));
      expect((await command(ann, made.id, "check-in")).body.code).toBe("CHECK_IN_NOT_NEEDED");
      await wait(Date.parse(made.to) - clock().getTime() + 1_000);
      await becomes(made.id, "completed");
    });
  });

  it("goes into a calendar, and is replaced there by its next version", async () => {
    const sauna = await newResource();
    const made = await booked(ann, sauna, span(inHours(2)));
    const file = await rest.ok(200, rest.as(ann).get(`/bookings/${made.id}.ics`));
    expect(file.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
    expect(file.headers.get("content-disposition")).toBe('attachment; filename="booking.ics"');
    const stamp = made.from.replace(/[-:]|\.000/g, "");
    for (const line of [
      "BEGIN:VEVENT",
      `UID:${made.id}`,
      "SEQUENCE:0",
      `DTSTART:${stamp}`,
      "SUMMARY:Sauna",
      "STATUS:CONFIRMED",
    ])
      expect(file.body.split("\r\n")).toContain(line);
    await rest.ok(200, command(ann, made.id, "cancel"));
    const next = await rest.as(ann).get(`/bookings/${made.id}.ics`);
    expect(next.body).toContain("SEQUENCE:1\r\n");
    expect(next.body).toContain("STATUS:CANCELLED");
    expect((await rest.as(bob).get(`/bookings/${made.id}.ics`)).status).toBe(404);
  });

  describe("who leaves", () => {
    it("by moving out: what is to come is cancelled with the reason, what was stays theirs to read, nothing new is booked", async () => {
      const sauna = await newResource();
      const eve = await rest.newPerson(admin, "Eve");
      await rest.moveIn(eve, manager, unitId);
      const [early, late] = [await booked(eve, sauna, span(inHours(1))), await booked(eve, sauna, span(inHours(30)))];
      const asStaff = await booked(manager, sauna, span(inHours(40)));
      await rest.moveOut(eve);
      for (const { id } of [early, late]) {
        const reason = "The residency through which it was booked has ended.";
        expect(await becomes(id, "cancelled")).toMatchObject({ reason });
        expect(await told("booking.cancelled", id)).toMatchObject({
          reason,
          userId: eve.id,
          actorId: "system:booking",
        });
      }
      expect((await get(asStaff.id)).status).toBe("confirmed");
      expect((await rest.as(eve).get("/bookings")).body.items).toHaveLength(2);
      expect((await book(eve, sauna, span(inHours(30)))).status).toBe(404);
      await booked(ann, sauna, span(Date.parse(late.from)));
    });

    it("by moving out of one of two units: it is kept through the other one", async () => {
      const sauna = await newResource();
      const second = await rest.ok(201, rest.as(manager).post(`/buildings/${buildingId}/units`, { name: "A2" }));
      const olga = await rest.newPerson(admin, "Olga");
      await rest.moveIn(olga, manager, unitId);
      await rest.moveIn(olga, manager, second.body.id);
      const made = await booked(olga, sauna, span(inHours(30)));
      const { items } = (await rest.as(olga).get("/residencies")).body;
      const end = async (unit: string): Promise<void> => {
        const { id } = items.find((one: Body) => one.unitId === unit);
        await rest.ok(200, rest.as(olga).post(`/residencies/${id}/end`));
      };
      await end(made.unitId);
      const other = made.unitId === unitId ? second.body.id : unitId;
      await waitFor(async () => (await get(made.id)).unitId === other, {
        message: "the other unit",
      });
      expect((await get(made.id)).status).toBe("confirmed");
      await end(other);
      await becomes(made.id, "cancelled");
    });

    it("by deleting the account: the export held it all, afterwards nobody is named", async () => {
      const sauna = await newResource({ quotaPerWeek: 5 });
      const dan = await rest.newPerson(admin, "Dan");
      await rest.moveIn(dan, manager, unitId);
      const made = await booked(dan, sauna, span(inHours(30)));
      const { body } = await rest.ok(200, rest.as(dan).get("/users/me/export"));
      expect(body.services.booking.bookings.map(({ id }: Body) => id)).toEqual([made.id]);
      await rest.ok(204, rest.as(dan).delete("/users/me"));
      expect(await becomes(made.id, "cancelled")).toMatchObject({
        userId: null,
        unitId: null,
        reason: "The account was deleted.",
      });
      expect(await told("booking.cancelled", made.id)).toMatchObject({ userId: null });
      const db = world.client.db(`${world.env.DB_PREFIX}_booking`);
      for (const name of ["bookings", "claims", "jobs"]) {
        const all = await db.collection(name).find().toArray();
        expect([name, JSON.stringify(all).includes(dan.id)]).toEqual([name, false]);
      }
    });
  });
});
