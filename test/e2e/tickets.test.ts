/** Tickets to their full depth, by REST: comments, clocks, what becomes due, ratings. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { createWorld, type World } from "../support/cluster.ts";
import { waitFor } from "../support/env.ts";
import { type Person, type Rest, startProduct } from "../support/product.ts";

const DAY_MS = 24 * 3_600_000;

describe("tickets", () => {
  let world: World;
  let broker: ServiceBroker;
  let rest: Rest;
  let admin: Person;
  let resident: Person;
  let manager: Person;
  let buildingId = "";
  let unitId = "";
  /** Milliseconds that the product's clock is ahead. */
  let ahead = 0;
  const clock = () => new Date(Date.now() + ahead);
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  type Body = any;

  /** Time goes on; tokens that were given out before have expired then. */
  const wait = async (ms: number): Promise<void> => {
    ahead += ms;
    [admin, resident, manager] = (await Promise.all(
      [admin, resident, manager].map(({ email, password }) => rest.login(email, password)),
    )) as [Person, Person, Person];
  };
  const create = async (more: object = {}): Promise<Body> => {
    const sent = { unitId, category: "other", title: "A tap", description: "It drips.", ...more };
    return (await rest.ok(201, rest.as(resident).post("/tickets", sent))).body;
  };
  const get = async (id: string): Promise<Body> => (await rest.ok(200, rest.as(manager).get(`/tickets/${id}`))).body;
  const step = (person: Person, id: string, to: string, more: object = {}) =>
    rest.ok(200, rest.as(person).post(`/tickets/${id}/transitions`, { to, ...more }));
  const becomes = (id: string, status: string): Promise<Body> =>
    waitFor(
      async () => {
        const ticket = await get(id);
        return ticket.status === status ? ticket : undefined;
      },
      { message: `the ticket to be ${status}` },
    );
  /** Their payloads. */
  const eventsOf = async (ticketId: string, eventType: string): Promise<Body[]> => {
    const { items } = (await rest.as(admin).get(`/ops/events?eventType=${eventType}&limit=100`)).body;
    const own = items.filter(({ aggregateId }: Body) => aggregateId === ticketId);
    return Promise.all(
      own.map(async ({ eventId }: Body) => (await rest.as(admin).get(`/ops/events/${eventId}`)).body.payload),
    );
  };

  beforeAll(async () => {
    world = await createWorld();
    ({ broker, rest } = await startProduct(world, { clock }));
    admin = await rest.admin();
    ({ buildingId, unitId, manager } = await rest.newBuilding(admin, "Lime"));
    resident = await rest.newPerson(admin, "Ann");
    await rest.moveIn(resident, manager, unitId);
  });
  afterAll(() => world.dispose());

  describe("comments", () => {
    it("go both ways, are told to the other side, and internal ones stay with the staff", async () => {
      const { id, number } = await create();
      await rest.ok(201, rest.as(resident).post(`/tickets/${id}/comments`, { body: "It is the kitchen." }));
      await rest.ok(201, rest.as(manager).post(`/tickets/${id}/comments`, { body: "On our way." }));
      const secret = { body: "A difficult canary.", visibility: "internal" };
      await rest.ok(201, rest.as(manager).post(`/tickets/${id}/comments`, secret));
      const bodies = async (person: Person): Promise<string[]> =>
        (await rest.as(person).get(`/tickets/${id}/comments`)).body.items.map(({ body }: Body) => body);
      expect(await bodies(resident)).toEqual(["On our way.", "It is the kitchen."]);
      expect(await bodies(manager)).toEqual(["A difficult canary.", "On our way.", "It is the kitchen."]);
      const told = await waitFor(
        async () => {
          const { items } = (await rest.as(resident).get("/notifications")).body;
          return items.find(({ title }: Body) => title === `New comment on ticket ${number}`);
        },
        { message: "the notification" },
      );
      expect(told.body).not.toContain("canary");
      expect((await rest.as(resident).get("/search?q=canary")).body.items).toEqual([]);
      const publicOnes = () => rest.as(admin).get("/ops/events?eventType=ticket_comment.created");
      await waitFor(async () => (await publicOnes()).body.items.length === 2, { message: "them in the event log" });
      const events = await rest.as(admin).get("/ops/events?limit=100");
      expect(JSON.stringify(events.body)).not.toContain("canary");
    });

    it("a resident's internal one, an empty one, and one on a finished ticket are refused", async () => {
      const { id } = await create();
      const post = (person: Person, sent: object) => rest.as(person).post(`/tickets/${id}/comments`, sent);
      expect(await post(resident, { body: "psst", visibility: "internal" })).toMatchObject({
        status: 403,
        body: { code: "STAFF_ONLY" },
      });
      expect((await post(resident, { body: "  " })).status).toBe(422);
      await step(resident, id, "cancelled", { reason: "It stopped." });
      expect(await post(manager, { body: "Fine." })).toMatchObject({ status: 409, body: { code: "TICKET_FINAL" } });
    });
  });

  describe("what becomes due", () => {
    it("a deferred ticket opens on its date, as nobody's doing, and its clock goes on", async () => {
      const { id } = await create();
      const deferUntil = new Date(clock().getTime() + 3 * DAY_MS).toISOString();
      await step(manager, id, "deferred", { deferUntil });
      expect((await get(id)).sla[1]).toMatchObject({ clock: "solution", paused: true });
      await wait(2 * DAY_MS);
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      expect((await get(id)).status).toBe("deferred");
      await wait(DAY_MS + 1_000);
      const open = await becomes(id, "open");
      expect(open).toMatchObject({ deferUntil: null, reason: "The date that it was deferred to has come." });
      expect(open.sla[1]).toMatchObject({ paused: false, metAt: null });
      const steps = await waitFor(
        async () => {
          const found = await eventsOf(id, "ticket.status_changed");
          return found.length === 2 ? found : undefined;
        },
        { message: "two steps in the event log" },
      );
      expect(steps.map(({ actorId }) => actorId).sort()).toEqual([manager.id, "system:tickets"].sort());
    });

    it("a resolved ticket closes itself after seven days; one that was returned does not", async () => {
      const [quiet, loud] = [await create(), await create()];
      for (const { id } of [quiet, loud]) {
        await step(manager, id, "in_progress");
        await step(manager, id, "resolved", { resolution: "New washer." });
      }
      await wait(6 * DAY_MS);
      await step(resident, loud.id, "open", { reason: "It drips again." });
      await wait(DAY_MS + 1_000);
      const closed = await becomes(quiet.id, "closed");
      expect(closed.reason).toBe("Resolved, and not returned for 7 days.");
      expect((await get(loud.id)).status).toBe("open");
    });

    it("an unanswered ticket breaches each clock once, and says so", async () => {
      const { id } = await create({ priority: "urgent" });
      await wait(14 * DAY_MS);
      const breached = await waitFor(
        async () => {
          const ticket = await get(id);
          return ticket.sla.every(({ breachedAt }: Body) => breachedAt !== null) ? ticket : undefined;
        },
        { message: "both breaches" },
      );
      expect(breached.status).toBe("open");
      await wait(DAY_MS);
      const events = await waitFor(
        async () => {
          const found = await eventsOf(id, "ticket.sla_breached");
          return found.length >= 2 ? found : undefined;
        },
        { message: "the events" },
      );
      expect(events.map((payload) => payload.clock).sort()).toEqual(["first_response", "solution"]);
    });

    it("the building's own hours decide when: around the clock, an urgent one is due in four hours", async () => {
      const businessHours = { days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "24:00" };
      await rest.ok(200, rest.as(manager).patch(`/buildings/${buildingId}`, { businessHours }));
      const { createdAt, dueAt } = await create({ priority: "urgent" });
      expect(Date.parse(dueAt) - Date.parse(createdAt)).toBe(4 * 3_600_000);
      const empty = await rest.as(manager).patch(`/buildings/${buildingId}`, {
        businessHours: { days: [1], from: "10:00", to: "09:00" },
      });
      expect(empty).toMatchObject({ status: 422, body: { code: "BUSINESS_HOURS_EMPTY" } });
    });
  });

  it("what is written anew is found by its new words, and its hints are of the newest text", async () => {
    const { id } = await create({ title: "Something humming" });
    const found = async (word: string) => (await rest.as(resident).get(`/search?q=${word}`)).body.items;
    await waitFor(async () => (await found("humming")).length === 1, { message: "the first text" });
    const { body } = await rest.ok(200, rest.as(resident).patch(`/tickets/${id}`, { title: "Something buzzing" }));
    const [hit] = await waitFor(
      async () => {
        const hits = await found("buzzing");
        return hits.length === 1 ? hits : undefined;
      },
      { message: "the new text" },
    );
    expect(hit).toMatchObject({ id, status: "open" });
    expect(await found("humming")).toEqual([]);
    const hint = (revision: number, summary: string) =>
      broker.backbone.store("ai", { actorId: "system:ai" }).inTransaction(async (tx) => {
        const subject = { type: "ticket" as const, id };
        tx.publish("ai.summary_ready", { subject, revision, summary, sources: [], provider: "test", model: "test" });
      });
    await hint(body.version + 1, "New.");
    await waitFor(async () => (await get(id)).summary === "New.", { message: "the summary" });
    await hint(body.version, "Old.");
    await hint(body.version + 2, "Newest.");
    await waitFor(async () => (await get(id)).summary === "Newest.", { message: "the newest summary" });
  });

  it("the reporter rates a resolved ticket, once, and its end tells", async () => {
    const { id } = await create();
    const rate = (person: Person, rating: unknown) => rest.as(person).post(`/tickets/${id}/rating`, { rating });
    expect(await rate(resident, 5)).toMatchObject({ status: 409, body: { code: "NOT_RATEABLE" } });
    await step(manager, id, "in_progress");
    await step(manager, id, "resolved", { resolution: "New washer." });
    expect(await rate(manager, 5)).toMatchObject({ status: 403, body: { code: "REPORTER_ONLY" } });
    for (const wrong of [0, 6, 2.5, "5", null]) expect((await rate(resident, wrong)).status).toBe(422);
    expect(await rate(resident, 4)).toMatchObject({ status: 200, body: { rating: 4 } });
    expect(await rate(resident, 5)).toMatchObject({ status: 409, body: { code: "ALREADY_RATED" } });
    await step(resident, id, "closed");
    const [end] = await waitFor(
      async () => {
        const found = await eventsOf(id, "ticket.closed");
        return found.length > 0 ? found : undefined;
      },
      { message: "the event" },
    );
    expect(end).toMatchObject({ rating: 4, resolution: "New washer." });
  });
});
