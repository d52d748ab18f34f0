/**
 * A person lives in the house, uses everything, takes their data along, and deletes the account: afterwards nothing that
 * was theirs is found in any database, queue or line of the log. What they said in public stays, under "former resident".
 */
import { createECDH, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { connect } from "amqplib";
import { newId } from "../../../mixins/kit/ids.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { management, waitFor } from "../../support/env.ts";
import { type NodeProcess, startNode } from "../../support/node-process.ts";
import type { Person, Rest } from "../../support/product.ts";

describe("a canary person", () => {
  let world: World;
  let node: NodeProcess;
  let admin: Person;
  let person: Person;
  let home: Awaited<ReturnType<Rest["newBuilding"]>>;
  let exported = "";
  let deletedId = "";
  const soon = <T>(condition: () => Promise<T>, message: string) => waitFor(condition, { deadlineMs: 40_000, message });

  /** Theirs alone: has to go. */
  const own = {
    "the e-mail address": "canarina.whistle@canary.example",
    "the name": "Canarina",
    "the new name": "Whistlewing",
    "the phone number": "+4915550001111",
    "the reason of a booking": "canary with a private reason",
    "a device": "https://fcm.googleapis.com/fcm/send/canary-device",
    "a removed post": "canary who wished it unsaid",
    "an earlier text": "canary who thought again",
    "what a manager wrote about them": "canary who keeps no lease",
  };
  /** Said to others: stays where it was said, of nobody's, and nowhere else. */
  const said = {
    "a private message": "canary who whispers to a neighbour",
    "a post": "canary who sings for everybody",
    "a comment": "canary who comments on a song",
    "a ticket": "canary whose tap is leaking",
    "a comment of a ticket": "canary who adds a word",
  };

  beforeAll(async () => {
    world = await createWorld();
    node = await startNode(world, { LOG_LEVEL: "debug" });
    await node.ready();
    await live(node.rest);
  }, 180_000);
  afterAll(async () => {
    await node.stop();
    await world.dispose();
  });

  async function live(rest: Rest): Promise<void> {
    admin = await rest.admin();
    home = await rest.newBuilding(admin, "Lime");
    const second = await rest.ok(
      201,
      rest.as(home.manager).post(`/buildings/${home.buildingId}/units`, { name: "B2" }),
    );
    const email = own["the e-mail address"];
    // The manager has noted the address twice; one is claimed.
    const contacts = [
      { email, unit: "A1" },
      { email, unit: "B2" },
    ];
    await rest.ok(200, rest.as(home.manager).post(`/buildings/${home.buildingId}/contacts`, { contacts }));
    const password = "four words in a row";
    await rest.ok(201, rest.post("/auth/register", { email, password, displayName: own["the name"] }));
    await rest.ok(200, rest.post("/auth/verify-email", { token: await rest.mailedToken(admin, email) }));
    person = await rest.login(email, password);
    const as = () => rest.as(person);
    const claim = await rest.ok(201, as().post("/residencies", { unitId: home.unitId, relation: "tenant" }));
    expect(claim.body).toMatchObject({ status: "verified", method: "contact" });
    const third = await rest.ok(201, rest.as(home.manager).post(`/buildings/${home.buildingId}/units`, { name: "C3" }));
    const other = await rest.ok(201, as().post("/residencies", { unitId: third.body.id, relation: "owner" }));
    const reason = own["what a manager wrote about them"];
    await rest.ok(200, rest.as(home.manager).post(`/residencies/${other.body.id}/reject`, { reason }));
    await rest.ok(200, as().patch("/users/me", { displayName: own["the new name"], phone: own["the phone number"] }));
    await rest.ok(202, rest.post("/auth/forgot-password", { email }));
    // An answer that holds the address is kept for who gave the role.
    const role = { role: "provider", buildingId: home.buildingId };
    await rest.ok(
      200,
      rest.as(admin).post(`/users/${person.id}/roles`, role, { "idempotency-key": "a-role-for-canary" }),
    );
    person = await rest.login(email, password);
    await soon(async () => (await as().get("/users/me")).body.memberships.length === 1, "the membership");
    await talk(rest, second.body.id);
    await use(rest);
    await failWith(rest);
    await soon(
      async () => (await as().get("/search?q=canary")).body.items.length === 2,
      "post and ticket in the search",
    );
    exported = JSON.stringify((await rest.ok(200, as().get("/users/me/export"))).body);
    await years();
    await rest.ok(204, as().delete("/users/me"));
    await forgotten(rest);
  }

  /** In the event log: as many as of somebody who has written for years. */
  async function years(): Promise<void> {
    const events = world.client.db(`${world.env.DB_PREFIX}_analytics`).collection<{ _id: string }>("events");
    const one = await events.findOne({ personId: person.id, eventType: "post.created" });
    expect(JSON.stringify(one)).toContain(own["an earlier text"]);
    await events.insertMany(Array.from({ length: 2_500 }, () => ({ ...one, _id: newId() })));
  }

  async function talk(rest: Rest, otherUnit: string): Promise<void> {
    const neighbour = await rest.newPerson(admin, "Neighbour");
    await rest.moveIn(neighbour, home.manager, otherUnit);
    await soon(async () => (await rest.as(neighbour).get("/users/me")).body.memberships.length === 1, "the neighbour");
    const as = rest.as(person);
    const { buildingId } = home;
    const post = await rest.ok(201, as.post("/posts", { buildingId, title: "Song", body: own["an earlier text"] }));
    await rest.ok(200, as.patch(`/posts/${post.body.id}`, { body: said["a post"] }));
    await rest.ok(201, as.post(`/posts/${post.body.id}/comments`, { body: said["a comment"] }));
    await rest.ok(
      201,
      rest.as(neighbour).post(`/posts/${post.body.id}/comments`, { body: "Well said.", mentions: [person.id] }),
    );
    const gone = await rest.ok(201, as.post("/posts", { buildingId, title: "Gone", body: own["a removed post"] }));
    await rest.ok(204, as.delete(`/posts/${gone.body.id}`));
    const conversation = await rest.ok(201, as.post("/conversations", { buildingId, participantIds: [neighbour.id] }));
    const path = `/conversations/${conversation.body.id}/messages`;
    await rest.ok(201, as.post(path, { body: said["a private message"] }));
    await rest.ok(201, rest.as(neighbour).post(path, { body: "I hear you." }));
    const other = await rest.ok(
      201,
      rest.as(neighbour).post("/posts", { buildingId, title: "Loud", body: "Too loud." }),
    );
    await rest.ok(201, as.post(`/posts/${other.body.id}/flags`, { reason: "other" }));
    await rest.ok(200, as.call("PUT", `/blocks/${home.manager.id}`, {}));
  }

  async function use(rest: Rest): Promise<void> {
    const as = rest.as(person);
    const sent = { unitId: home.unitId, category: "plumbing", title: "Tap", description: said["a ticket"] };
    const ticket = await rest.ok(201, as.post("/tickets", sent, { "idempotency-key": "a-ticket-of-canary" }));
    await rest.ok(201, as.post(`/tickets/${ticket.body.id}/comments`, { body: said["a comment of a ticket"] }));
    await rest.ok(200, rest.as(home.manager).post(`/tickets/${ticket.body.id}/transitions`, { to: "in_progress" }));
    const rules = {
      name: "Sauna",
      kind: "room",
      unit: "hour",
      openingHours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "24:00" }],
    };
    const sauna = await rest.ok(201, rest.as(home.manager).post(`/buildings/${home.buildingId}/resources`, rules));
    const from = (Math.floor(Date.now() / 3_600_000) + 3) * 3_600_000;
    const at = { from: new Date(from).toISOString(), to: new Date(from + 3_600_000).toISOString() };
    const booking = await rest.ok(201, as.post("/bookings", { resourceId: sauna.body.id, ...at }));
    await rest.ok(200, as.post(`/bookings/${booking.body.id}/cancel`, { reason: own["the reason of a booking"] }));
    const keys = {
      p256dh: createECDH("prime256v1").generateKeys("base64url"),
      auth: randomBytes(16).toString("base64url"),
    };
    await rest.ok(201, as.post("/push-subscriptions", { endpoint: own["a device"], keys }));
    await rest.ok(200, as.post("/ai/questions", { buildingId: home.buildingId, question: "Who sings?" }));
  }

  /** Copies of their events in the dead letters: as they came, edited, and of a kind that nobody can read. */
  async function failWith(rest: Rest): Promise<void> {
    const payload = { userId: person.id, email: own["the e-mail address"], displayName: own["the name"] };
    const event = { eventId: newId(), version: "v1", eventType: "user.created", timestamp: new Date().toISOString() };
    const whole = { ...payload, locale: "en", timeZone: "UTC" };
    await die({ ...event, eventId: newId(), payload });
    await die({ ...event, payload: whole });
    const id = `search:${event.eventId}`;
    await soon(async () => (await rest.as(admin).get(`/ops/dead-letters/${id}`)).status === 200, "the dead letter");
    const edited = { payload: { ...whole, displayName: own["the new name"] } };
    await rest.ok(200, rest.as(admin).call("PATCH", `/ops/dead-letters/${id}`, edited));
  }

  async function die(body: object): Promise<void> {
    const connection = await connect(world.env.AMQP_URL);
    const channel = await connection.createConfirmChannel();
    channel.sendToQueue("search.dlq", Buffer.from(JSON.stringify(body)), { type: "user.created" });
    await channel.waitForConfirms();
    await connection.close();
  }

  /** Everybody has handled the deletion. */
  async function forgotten(rest: Rest): Promise<void> {
    deletedId = await soon(async () => {
      const { body } = await rest.as(admin).get("/ops/events?eventType=user.deleted");
      return body.items[0]?.eventId as string | undefined;
    }, "user.deleted in the log");
    await soon(async () => {
      const { body } = await rest.as(admin).get(`/ops/events/${deletedId}`);
      return body.consumers.every(({ state }: { state: string }) => state === "done");
    }, "every consumer of user.deleted");
    // A copy that comes only now, and what was on its way.
    const payload = {
      userId: person.id,
      email: own["the e-mail address"],
      displayName: own["the name"],
      locale: "en",
      timeZone: "UTC",
    };
    const late = {
      eventId: newId(),
      version: "v1",
      eventType: "user.created",
      timestamp: new Date().toISOString(),
      payload,
    };
    await die(late);
    await soon(
      async () => (await rest.as(admin).get(`/ops/dead-letters/search:${late.eventId}`)).status === 200,
      "the late copy",
    );
    const vhost = new URL(world.env.AMQP_URL).pathname.slice(1);
    await soon(async () => {
      const queues = (await management("GET", `/api/queues/${vhost}`)) as { name: string; messages?: number }[];
      const busy = queues.filter(({ name, messages }) => name.includes(".") && (messages ?? 0) > 0);
      return queues.length > 20 && busy.length === 0;
    }, "empty queues");
    await soon(async () => {
      const jobs = await Promise.all(
        (await databases()).map(({ db }) => db.collection("jobs").countDocuments({ dueAt: { $lte: new Date() } })),
      );
      return jobs.every((count) => count === 0);
    }, "no job that is due");
  }

  async function databases() {
    const found = await world.client.db("admin").admin().listDatabases({ nameOnly: true });
    return found.databases
      .filter(({ name }) => name.startsWith(`${world.env.DB_PREFIX}_`))
      .map(({ name }) => ({ service: name.slice(world.env.DB_PREFIX.length + 1), db: world.client.db(name) }));
  }

  /** Where each text is found, as `service.collection: name`. */
  async function found(texts: Record<string, string>): Promise<string[]> {
    const places: string[] = [];
    for (const { service, db } of await databases())
      for (const collection of await db.collections()) {
        const everything = JSON.stringify(await collection.find().toArray()).toLowerCase();
        for (const [name, text] of Object.entries(texts))
          if (everything.includes(text.toLowerCase())) places.push(`${service}.${collection.collectionName}: ${name}`);
      }
    return places.sort();
  }

  it("takes everything along that was theirs or that they said, from every service", () => {
    const kept = { ...own, ...said };
    // The first name was given up, the removed post and the earlier text were taken back.
    const missing = Object.entries(kept).filter(([, text]) => !exported.includes(text));
    expect(missing.map(([name]) => name).filter((name) => !["the name", "a removed post"].includes(name))).toEqual([]);
    const { services } = JSON.parse(exported);
    expect(Object.keys(services).sort()).toEqual([
      ...["ai", "analytics", "booking", "community", "notifications", "residency", "tickets"],
    ]);
    expect(services.residency.contacts).toMatchObject([{ claimed: true }, { claimed: false }]);
    expect(services.analytics.events.length).toBeGreaterThan(5);
  });

  it("is in no database afterwards", async () => {
    expect(await found(own)).toEqual([]);
  });

  it("what was said to others is still there, of nobody's", async () => {
    expect(await found(said)).toEqual([
      "community.comments: a comment",
      "community.messages: a private message",
      "community.posts: a post",
      "search.documents_1: a post",
      "search.documents_1: a ticket",
      "tickets.comments: a comment of a ticket",
      "tickets.tickets: a ticket",
    ]);
    const { items } = (await node.rest.as(home.manager).get("/search?q=sings")).body;
    expect(items).toHaveLength(1);
    const { body } = await node.rest.as(home.manager).get(`/posts/${items[0].id}`);
    expect(body).toMatchObject({ authorId: null, authorName: "Former resident", body: said["a post"] });
  });

  it("is in no line of the log", () => {
    expect(node.logs().split("\n").length).toBeGreaterThan(50);
    const seen = Object.entries({ ...own, ...said }).filter(([, text]) =>
      node.logs().toLowerCase().includes(text.toLowerCase()),
    );
    expect(seen.map(([name]) => name)).toEqual([]);
  });

  it("can't log in, and the address is free again", async () => {
    const { email, password } = person;
    expect((await node.rest.post("/auth/login", { email, password })).status).toBe(401);
    expect((await node.rest.as(person).get("/users/me")).status).toBe(401);
    const again = { email, password, displayName: "Somebody else" };
    expect((await node.rest.post("/auth/register", again)).status).toBe(201);
  });
});
