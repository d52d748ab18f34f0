/** The guide's example, by REST only: from the registration to the whole way of the event. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../support/cluster.ts";
import { waitFor } from "../support/env.ts";
import { type Person, type Rest, startProduct } from "../support/product.ts";

describe("one ticket on its way through the house", () => {
  let world: World;
  let rest: Rest;
  let admin: Person;
  let resident: Person;
  let manager: Person;
  let unitId = "";
  let ticketId = "";

  beforeAll(async () => {
    world = await createWorld();
    ({ rest } = await startProduct(world));
    admin = await rest.admin();
  });
  afterAll(() => world.dispose());

  it("a person registers, verifies the e-mail address with the mailed token, and logs in", async () => {
    const registered = await rest.post("/auth/register", {
      email: "Ann@Example.com",
      password: "a long enough password",
      displayName: "Ann",
    });
    expect(registered.status).toBe(201);
    expect(registered.body).toMatchObject({ email: "ann@example.com", emailVerified: false, version: 1 });
    expect(JSON.stringify(registered.body)).not.toMatch(/password|hash/i);
    const early = await rest.post("/auth/login", { email: "ann@example.com", password: "a long enough password" });
    expect(early).toMatchObject({ status: 403, body: { code: "EMAIL_NOT_VERIFIED" } });
    const token = await rest.mailedToken(admin, "ann@example.com");
    expect((await rest.post("/auth/verify-email", { token })).status).toBe(200);
    resident = await rest.login("ann@example.com", "a long enough password");
    expect(resident.token).toMatch(/^ey/);
  });

  it("a manager gives out a code, and the resident claims the unit with it", async () => {
    ({ unitId, manager } = await rest.newBuilding(admin, "Lime"));
    const code = await rest.ok(201, rest.as(manager).post(`/units/${unitId}/codes`, { maxUses: 1 }));
    expect(code.body).toMatchObject({ code: expect.stringMatching(/^[2-9A-Z]{10}$/), maxUses: 1 });
    const claim = await rest.as(resident).post("/residencies", { unitId, relation: "tenant", code: code.body.code });
    expect(claim).toMatchObject({ status: 201, body: { status: "verified", method: "code" } });
    expect(claim.headers.get("location")).toBe(`/api/v1/residencies/${claim.body.id}`);
  });

  it("the ticket is there at once, and soon its notifications, search hit, AI triage and biography", async () => {
    const requestId = "journey-request-0001";
    const created = await rest.as(resident).post(
      "/tickets",
      {
        unitId,
        category: "plumbing",
        title: "Leaking tap in the kitchen",
        description: "Water drips under the sink <b>all night</b>.",
      },
      { "x-request-id": requestId },
    );
    expect(created).toMatchObject({ status: 201, body: { number: 1, status: "open", version: 1 } });
    expect(created.headers.get("etag")).toBe('"1"');
    ticketId = created.body.id;

    const as = rest.as(resident);
    const everything = async () => {
      const [inApp, mails, hits, results] = await Promise.all([
        as.get("/notifications?unread=true"),
        rest.as(admin).get(`/ops/deliveries?channel=email&to=${resident.email}`),
        as.get("/search?q=leaking"),
        as.get(`/ai/results?subjectType=ticket&subjectId=${ticketId}`),
      ]);
      const notification = inApp.body.items.find((one: { template: string }) => one.template === "ticket_created");
      const mail = mails.body.items.find((one: { subject: string }) => /Ticket 1 received/.test(one.subject));
      const triage = results.body.items.find((one: { task: string }) => one.task === "triage");
      return notification && mail && hits.body.items[0] && triage && { notification, hit: hits.body.items[0], triage };
    };
    const found = await waitFor(everything, { message: "the effects of the ticket" });
    expect(found.hit).toMatchObject({ type: "ticket", id: ticketId, title: "Leaking tap in the kitchen" });
    expect(found.triage.triage).toMatchObject({ category: "plumbing", priority: "high" });
    expect(found.triage).toMatchObject({ provider: "local" });

    const eventId = found.notification.causeEventId;
    const biography = await waitFor(
      async () => {
        const { status, body } = await rest.as(admin).get(`/ops/events/${eventId}`);
        const done = (body.consumers ?? []).filter((one: { state: string }) => one.state === "done");
        return status === 200 && done.length >= 4 && body;
      },
      { message: "the biography with every consumer's result" },
    );
    expect(biography).toMatchObject({ eventType: "ticket.created", version: "v2", correlationId: requestId });
    expect(biography.consumers.map((one: { service: string }) => one.service).sort()).toEqual([
      "ai",
      "analytics",
      "notifications",
      "search",
    ]);
  });

  it("search forgives beginnings of words and typing errors, escapes, and shows nobody what is not theirs", async () => {
    const stranger = await rest.newPerson(admin, "Stranger");
    for (const q of ["leak", "kitch", "leeking", "TAP"]) {
      const mine = await rest.as(resident).get(`/search?q=${q}`);
      expect([q, mine.body.items.length]).toEqual([q, 1]);
      expect((await rest.as(stranger).get(`/search?q=${q}`)).body.items).toEqual([]);
    }
    const { items } = (await rest.as(manager).get("/search?q=night")).body;
    expect(items[0].snippet).toContain("&lt;b&gt;all <mark>night</mark>&lt;/b&gt;");
    expect((await rest.as(stranger).get(`/ai/results?subjectId=${ticketId}`)).body.items).toEqual([]);
    expect(await rest.as(stranger).get(`/tickets/${ticketId}`)).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND" },
    });
  });

  it("the ticket goes its steps: assigned, worked on, resolved, closed, and an illegal step names the legal ones", async () => {
    const staff = rest.as(manager);
    const wrong = await staff.post(`/tickets/${ticketId}/assign`, { assigneeId: resident.id });
    expect(wrong).toMatchObject({ status: 422, body: { code: "ASSIGNEE_NOT_STAFF" } });
    const assigned = await staff.post(`/tickets/${ticketId}/assign`, { assigneeId: manager.id });
    expect(assigned).toMatchObject({ status: 200, body: { assigneeId: manager.id, version: 2 } });
    const illegal = await staff.post(`/tickets/${ticketId}/transitions`, { to: "closed" });
    expect(illegal).toMatchObject({
      status: 409,
      body: { code: "ILLEGAL_TRANSITION", legal: ["in_progress", "deferred", "cancelled"] },
    });
    await rest.ok(200, staff.post(`/tickets/${ticketId}/transitions`, { to: "in_progress" }));
    const bare = await staff.post(`/tickets/${ticketId}/transitions`, { to: "resolved" });
    expect(bare).toMatchObject({ status: 422, body: { errors: [{ path: "/resolution", message: "is required" }] } });
    const stale = await staff.post(
      `/tickets/${ticketId}/transitions`,
      { to: "resolved", resolution: "New washer." },
      { "if-match": '"1"' },
    );
    expect(stale.status).toBe(412);
    await rest.ok(200, staff.post(`/tickets/${ticketId}/transitions`, { to: "resolved", resolution: "New washer." }));
    const closed = await rest.as(resident).post(`/tickets/${ticketId}/transitions`, { to: "closed" });
    expect(closed).toMatchObject({ status: 200, body: { status: "closed", resolution: "New washer." } });
    await waitFor(async () => (await rest.as(resident).get("/search?q=leaking")).body.items[0]?.status === "closed", {
      message: "the status in the search",
    });
    const told = await waitFor(
      async () => {
        const { body } = await rest.as(resident).get("/notifications?unread=true");
        const titles = body.items.map((one: { title: string }) => one.title);
        return titles.includes("Ticket 1 is resolved") && titles;
      },
      { message: "the notification of the solution" },
    );
    expect(told).toContain("Ticket 1 is being worked on");
    const { body } = await rest.as(resident).post("/notifications/read-all");
    expect(body.updated).toBeGreaterThanOrEqual(4);
    expect((await rest.as(resident).get("/notifications?unread=true")).body.items).toEqual([]);
  });
});
