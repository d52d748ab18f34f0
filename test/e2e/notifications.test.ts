/** Notifications by REST only: what people set, what they are told and what not, and how they are forgotten. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { DateTime } from "luxon";
import type { ServiceBroker } from "moleculer";
import { newId } from "../../mixins/kit/ids.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { moveAllIn, neighbours } from "../support/crowd.ts";
import { waitFor } from "../support/env.ts";
import { Browser } from "../support/peers/push.ts";
import { type Answer, type Person, type Rest, startProduct } from "../support/product.ts";

interface Delivery {
  channel: string;
  to: string;
  subject: string;
  text: string;
  unsubscribeUrl: string | null;
}
interface Note {
  id: string;
  template: string;
  type: string;
  title: string;
  body: string;
  subject: { type: string; id: string } | null;
}

describe("notifications", () => {
  let world: World;
  let broker: ServiceBroker;
  let rest: Rest;
  let admin: Person;
  let manager: Person;
  let resident: Person;
  let [buildingId, unitId] = ["", ""];
  /** Milliseconds that the domain's clock is ahead. */
  let ahead = 0;

  beforeAll(async () => {
    world = await createWorld();
    ({ rest, broker } = await startProduct(world, { clock: () => new Date(Date.now() + ahead) }));
    admin = await rest.admin();
    ({ buildingId, unitId, manager } = await rest.newBuilding(admin, "Lime"));
    resident = await newResident("Rita");
  });
  afterEach(async () => {
    if (ahead === 0) return;
    ahead = 0;
    admin = await rest.admin();
  });
  afterAll(() => world.dispose());

  const newResident = async (name: string): Promise<Person> => {
    const person = await rest.newPerson(admin, name);
    await rest.moveIn(person, manager, unitId);
    return rest.login(person.email, person.password);
  };
  const inbox = async (person: Person): Promise<Note[]> =>
    (await rest.as(person).get("/notifications?limit=100")).body.items;
  const deliveries = async (to: string, channel = "email"): Promise<Delivery[]> =>
    (await rest.as(admin).get(`/ops/deliveries?limit=100&channel=${channel}&to=${encodeURIComponent(to)}`)).body.items;
  const report = (person: Person, title: string): Promise<Answer> =>
    rest.ok(201, rest.as(person).post("/tickets", { unitId, category: "other", title, description: "It drips." }));
  const found = <T>(message: string, look: () => Promise<readonly T[]>, fits: (one: T) => boolean) =>
    waitFor(async () => (await look()).find(fits), { message });
  const noted = (person: Person, title: string) =>
    found(
      title,
      () => inbox(person),
      (note) => note.title.includes(title),
    );
  const mailed = (person: Person, subject: string) =>
    found(
      `${subject} by e-mail`,
      () => deliveries(person.email),
      (mail) => mail.subject.includes(subject),
    );
  const set = (person: Person, preferences: object) =>
    rest.ok(200, rest.as(person).call("PUT", "/notifications/preferences", preferences));

  describe("preferences", () => {
    it("have defaults, are replaced as a whole, and know their version", async () => {
      const as = rest.as(resident);
      const first = await as.get("/notifications/preferences");
      expect(first.headers.get("etag")).toBe('"0"');
      expect(first.body).toMatchObject({
        version: 0,
        types: { tickets: { in_app: true, email: true, sms: false, push: true } },
        quietHours: null,
        digestAt: "18:00",
        addresses: { email: { address: resident.email, state: "ok" }, sms: null, push: 0 },
      });
      expect(first.body.types).not.toHaveProperty("emergencies");
      const changed = await set(resident, {
        types: { tickets: { email: false } },
        quietHours: { from: "22:00", to: "07:00" },
      });
      expect(changed.body).toMatchObject({ version: 1, types: { tickets: { email: false, in_app: true } } });
      const stale = await as.call("PUT", "/notifications/preferences", {}, { "if-match": '"0"' });
      expect(stale).toMatchObject({ status: 412, body: { code: "VERSION_MISMATCH" } });
      const back = await set(resident, { digestAt: null });
      expect(back.body).toMatchObject({ version: 2, quietHours: null, digestAt: null });
      expect(back.body.types).toEqual(first.body.types);
    });

    it.each<[string, object, string]>([
      ["a time that is none", { quietHours: { from: "24:00", to: "07:00" } }, "/quietHours"],
      ["half of the quiet hours", { quietHours: { from: "22:00" } }, "/quietHours"],
      ["a digest at no time", { digestAt: "noon" }, "/digestAt"],
      ["a type that nobody can choose", { types: { emergencies: { email: false } } }, "/types/emergencies"],
      ["an unknown channel", { types: { tickets: { fax: true } } }, "/types/tickets/fax"],
      ["a choice that is none", { types: { tickets: { email: "no" } } }, "/types/tickets/email"],
    ])("%s is refused", async (_, body, path) => {
      const answer = await rest.as(resident).call("PUT", "/notifications/preferences", body);
      expect(answer).toMatchObject({ status: 422, body: { code: "INVALID_INPUT" } });
      expect(answer.body.errors.some((one: { path: string }) => one.path.startsWith(path))).toBe(true);
    });

    it("decide by which channels one is told", async () => {
      await set(resident, { types: { tickets: { email: false } } });
      await report(resident, "Quiet tap");
      await noted(resident, "received: Quiet tap");
      await set(resident, {});
      await report(resident, "Loud tap");
      await mailed(resident, "received: Loud tap");
      expect((await deliveries(resident.email)).filter(({ subject }) => subject.includes("Quiet tap"))).toEqual([]);
    });
  });

  it("what is read is in the reader's language, and names what it is about", async () => {
    const olena = await newResident("Olena");
    await rest.ok(200, rest.as(olena).patch("/users/me", { locale: "uk" }));
    await waitFor(async () => (await inbox(olena)).some(({ title }) => title === "Вітаємо, Olena"), {
      message: "Ukrainian",
    });
    const { body } = await report(olena, "Кран");
    const note = await noted(olena, "Заявку");
    expect(note).toMatchObject({
      type: "tickets",
      template: "ticket_created",
      subject: { type: "ticket", id: body.id },
    });
    expect((await mailed(olena, "Кран")).text).toContain("Більше не отримувати таких листів");
  });

  it("quiet hours keep e-mails back until they are over; the app has it at once", async () => {
    const quinn = await newResident("Quinn");
    const wall = DateTime.now().setZone("Asia/Kathmandu");
    const at = (hours: number) => wall.plus({ hours }).toFormat("HH:mm");
    await rest.ok(200, rest.as(quinn).patch("/users/me", { timeZone: "Asia/Kathmandu" }));
    await set(quinn, { quietHours: { from: at(-1), to: at(2) } });
    const moved = await broker.backbone
      .database("notifications")
      .collection<{ _id: string; timeZone: string }>("people");
    await waitFor(async () => (await moved.findOne({ _id: quinn.id }))?.timeZone === "Asia/Kathmandu", {
      message: "the zone",
    });
    await report(quinn, "Night tap");
    await noted(quinn, "Night tap");
    // Security does not wait.
    await rest.ok(202, rest.post("/auth/forgot-password", { email: quinn.email }));
    await mailed(quinn, "Set a new password");
    expect((await deliveries(quinn.email)).filter(({ subject }) => subject.includes("Night tap"))).toEqual([]);
    ahead = 2.1 * 3_600_000;
    admin = await rest.admin();
    await mailed(quinn, "Night tap");
  });

  describe("text messages and push", () => {
    it("go to who gives a number and wants them, and to every browser", async () => {
      const mona = await newResident("Mona");
      const as = rest.as(mona);
      await rest.ok(200, as.patch("/users/me", { phone: "+4930555001" }));
      await set(mona, { types: { tickets: { sms: true, email: false } } });
      const browser = new Browser(`https://fcm.googleapis.com/fcm/send/${newId()}`);
      const subscription = { endpoint: browser.endpoint, expirationTime: null, keys: browser.keys };
      const { body } = await rest.ok(201, as.post("/push-subscriptions", subscription));
      expect((await rest.ok(201, as.post("/push-subscriptions", subscription))).body).toEqual(body);
      await waitFor(async () => (await as.get("/notifications/preferences")).body.addresses.sms?.state === "ok", {
        message: "the number",
      });
      await report(mona, "Dripping");
      const sms = await found(
        "the text message",
        () => deliveries("+4930555001", "sms"),
        () => true,
      );
      expect(sms.text).toMatch(/^Ticket \d+ received: Dripping\. We have your report/);
      await found(
        "the push message",
        () => deliveries(browser.endpoint, "push"),
        ({ subject }) => /Dripping/.test(subject),
      );
      expect((await as.get("/push-subscriptions")).body.items).toEqual([body]);
      await rest.ok(204, as.delete(`/push-subscriptions/${body.id}`));
      expect(await as.delete(`/push-subscriptions/${body.id}`)).toMatchObject({ status: 404 });
      expect((await as.get("/push-subscriptions/key")).body).toEqual({ publicKey: null });
    });

    it.each<[string, object, string]>([
      ["of an unknown host", { endpoint: "https://metadata.internal/push" }, "PUSH_ENDPOINT_REFUSED"],
      ["without TLS", { endpoint: "http://fcm.googleapis.com/x" }, "PUSH_ENDPOINT_REFUSED"],
      ["with a key off the curve", { keys: { p256dh: "A".repeat(87), auth: "B".repeat(22) } }, "PUSH_KEYS_INVALID"],
      ["with a secret of the wrong length", { keys: { p256dh: "", auth: "B".repeat(20) } }, "PUSH_KEYS_INVALID"],
      ["without keys", { keys: undefined }, "INVALID_INPUT"],
    ])("a subscription %s is refused", async (_, wrong, code) => {
      const { endpoint, keys } = new Browser(`https://fcm.googleapis.com/fcm/send/${newId()}`);
      const body = { endpoint, keys, ...wrong } as { keys?: { p256dh: string } };
      if (body.keys?.p256dh === "") body.keys.p256dh = keys.p256dh;
      expect(await rest.as(resident).post("/push-subscriptions", body)).toMatchObject({ status: 422, body: { code } });
    });

    it("a browser that somebody else signs in on is theirs from then on; the eleventh takes the place of the first", async () => {
      const [first, second] = [await newResident("First"), await newResident("Second")];
      const subscription = () => {
        const { endpoint, keys } = new Browser(`https://fcm.googleapis.com/fcm/send/${newId()}`);
        return { endpoint, keys };
      };
      const shared = subscription();
      const { body } = await rest.ok(201, rest.as(first).post("/push-subscriptions", shared));
      const taken = await rest.ok(201, rest.as(second).post("/push-subscriptions", shared));
      expect(taken.body.id).not.toBe(body.id);
      expect((await rest.as(first).get("/push-subscriptions")).body.items).toEqual([]);
      for (let n = 0; n < 10; n++) await rest.ok(201, rest.as(second).post("/push-subscriptions", subscription()));
      const { items } = (await rest.as(second).get("/push-subscriptions")).body;
      expect([items.length, items.some(({ id }: { id: string }) => id === taken.body.id)]).toEqual([10, false]);
    });
  });

  describe("the link at the end of an e-mail", () => {
    const linkOf = async (person: Person, subject: string): Promise<URL> =>
      new URL((await mailed(person, subject)).unsubscribeUrl as string);
    const wantsMail = async (person: Person): Promise<boolean> =>
      (await rest.as(person).get("/notifications/preferences")).body.types.tickets.email;

    it("shows a page that asks and changes nothing; its button, and a mail program's one click, end them", async () => {
      const uma = await newResident("Uma");
      await report(uma, "Ending tap");
      const { pathname, search } = await linkOf(uma, "Ending tap");
      const path = `${pathname.slice("/api/v1".length)}${search}`;
      const page = await rest.get(path);
      expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<form method="post"') });
      expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(page.headers.get("content-security-policy")).toContain("form-action 'self'");
      await rest.call("HEAD", path);
      expect(await wantsMail(uma)).toBe(true);
      const form = { "content-type": "application/x-www-form-urlencoded" };
      const done = await rest.call("POST", path, "List-Unsubscribe=One-Click", form);
      expect(done).toMatchObject({ status: 200, body: expect.stringContaining("no more e-mails about tickets") });
      expect(await wantsMail(uma)).toBe(false);
      await set(uma, {});
      const multipart = { "content-type": "multipart/form-data; boundary=b" };
      const body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n';
      expect((await rest.call("POST", path, body, multipart)).status).toBe(200);
      expect(await wantsMail(uma)).toBe(false);
      // The rest stays as it was.
      const { types } = (await rest.as(uma).get("/notifications/preferences")).body;
      expect([types.tickets.in_app, types.bookings.email]).toEqual([true, true]);
      await report(uma, "Silent tap");
      await noted(uma, "Silent tap");
      await report(resident, "Other tap");
      await mailed(resident, "Other tap");
      expect((await deliveries(uma.email)).some(({ subject }) => subject.includes("Silent tap"))).toBe(false);
    });

    it("works for nobody else's token", async () => {
      const { searchParams } = await linkOf(resident, "Loud tap");
      const token = (searchParams.get("token") as string).replace(resident.id, manager.id);
      for (const method of ["GET", "POST"])
        expect(await rest.call(method, `/notifications/unsubscribe?token=${token}`)).toMatchObject({
          status: 422,
          body: { code: "UNSUBSCRIBE_TOKEN_INVALID" },
        });
      const security = await mailed(resident, "Verify your e-mail");
      expect(security.unsubscribeUrl).toBeNull();
    });
  });

  describe("for everybody of a building", () => {
    const post = (by: Person, kind: string, title: string, more: object = {}) =>
      rest.ok(201, rest.as(by).post("/posts", { buildingId, kind, title, body: "Please close your taps.", ...more }));

    it("an announcement to one unit is for its people only; a post's e-mail waits for the digest", async () => {
      const unit = await rest.ok(
        201,
        rest.as(manager).post(`/buildings/${buildingId}/units`, { name: "B7", floor: 2 }),
      );
      const upstairs = await rest.newPerson(admin, "Upstairs");
      await rest.moveIn(upstairs, manager, unit.body.id);
      Object.assign(upstairs, await rest.login(upstairs.email, upstairs.password));
      await noted(upstairs, "verified resident");
      await post(manager, "announcement", "Your balcony", { audience: { type: "unit", unitIds: [unit.body.id] } });
      await mailed(upstairs, "Your balcony");
      await post(upstairs, "post", "Who lends a drill?");
      await post(upstairs, "post", "And a ladder?");
      const reader = manager;
      await noted(reader, "And a ladder?");
      expect((await inbox(resident)).some(({ title }) => title.includes("Your balcony"))).toBe(false);
      expect((await deliveries(reader.email)).some(({ subject }) => /drill|pieces of news/.test(subject))).toBe(false);
      ahead = 25 * 3_600_000;
      admin = await rest.admin();
      const digest = await mailed(reader, "2 pieces of news");
      expect(digest.text).toMatch(/Who lends a drill\?[\s\S]*And a ladder\?[\s\S]*No more e-mails of this kind/);
    });

    it("an emergency reaches everybody once, by every channel; not who writes it, has moved out, or lives elsewhere", async () => {
      const gone = await newResident("Gone");
      await rest.moveOut(gone);
      const staff = await rest.newPerson(admin, "Staff");
      await rest.ok(200, rest.as(admin).post(`/users/${staff.id}/roles`, { role: "staff", buildingId }));
      const elsewhere = await rest.newBuilding(admin, "Oak");
      const crowd = await neighbours(broker, 230, { phone: "+4930777000" });
      await moveAllIn(broker, crowd, buildingId);
      await set(resident, {
        types: Object.fromEntries(["posts", "announcements"].map((type) => [type, { in_app: false }])),
      });
      const db = broker.backbone.database("notifications");
      await waitFor(
        async () =>
          (await db.collection("residents").countDocuments({ buildingId, verified: true })) >= crowd.length + 2,
        { message: "the residents" },
      );
      await rest.login(staff.email, staff.password);
      await post(manager, "emergency", "Burst pipe");
      await noted(resident, "EMERGENCY: Burst pipe");
      const emergencies = (filter: object) =>
        db
          .collection("notifications")
          .find({ template: "emergency", ...filter })
          .toArray();
      await waitFor(async () => (await emergencies({ channel: "email", status: "sent" })).length >= crowd.length + 2, {
        message: "all e-mails",
      });
      const inApp = await emergencies({ channel: "in_app" });
      const people = inApp.map(({ userId }) => userId).sort();
      expect(new Set(people).size).toBe(people.length);
      expect(people).toEqual(expect.arrayContaining([resident.id, staff.id, ...crowd.map(({ id }) => id)]));
      for (const { id } of [manager, gone, elsewhere.manager]) expect(people).not.toContain(id);
      const keys = (await emergencies({})).map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
      await waitFor(async () => (await emergencies({ channel: "sms", status: "sent" })).length >= crowd.length, {
        message: "all text messages",
      });
    }, 120_000);
  });

  it("nobody is told of an internal comment; of a public one, both sides but its author", async () => {
    const { body: ticket } = await report(resident, "Commented tap");
    await rest.ok(200, rest.as(manager).post(`/tickets/${ticket.id}/assign`, { assigneeId: manager.id }));
    const comment = (by: Person, visibility: string) =>
      rest.ok(201, rest.as(by).post(`/tickets/${ticket.id}/comments`, { body: `A ${visibility} word.`, visibility }));
    await comment(manager, "internal");
    await comment(manager, "public");
    const about = (person: Person) => async () =>
      (await inbox(person)).filter(
        ({ template, subject }) => template === "ticket_commented" && subject?.id === ticket.id,
      );
    await found("the public one", about(resident), () => true);
    await comment(resident, "public");
    await found("the answer", about(manager), () => true);
    expect([(await about(resident)()).length, (await about(manager)()).length]).toEqual([1, 1]);
  });

  it("who leaves is forgotten: address, number, browsers, preferences, texts, and the name in others' news", async () => {
    const zoe = await newResident("Zoeleaves");
    const as = rest.as(zoe);
    await rest.ok(200, as.patch("/users/me", { phone: "+4930555999" }));
    await set(zoe, { types: { tickets: { sms: true } } });
    const { endpoint, keys } = new Browser(`https://fcm.googleapis.com/fcm/send/${newId()}`);
    await rest.ok(201, as.post("/push-subscriptions", { endpoint, keys }));
    await waitFor(async () => (await as.get("/notifications/preferences")).body.addresses.sms !== null, {
      message: "the number",
    });
    await report(zoe, "Zoeleaves tap");
    await found(
      "the text message",
      () => deliveries("+4930555999", "sms"),
      () => true,
    );
    const written = await rest.ok(
      201,
      rest.as(resident).post("/posts", { buildingId, title: "A cake", body: "In the yard." }),
    );
    await rest.ok(201, as.post(`/posts/${written.body.id}/comments`, { body: "Lovely!" }));
    await noted(resident, "Zoeleaves commented on");
    const exported = (await rest.ok(200, as.get("/users/me/export"))).body.services.notifications;
    expect(exported.pushSubscriptions.map((one: { endpoint: string }) => one.endpoint)).toEqual([endpoint]);
    expect(exported.preferences.types.tickets.sms).toBe(true);
    expect(exported.deliveries.map((one: Delivery) => one.channel)).toEqual(
      expect.arrayContaining(["email", "sms", "push"]),
    );
    expect(exported.notifications.length).toBeGreaterThan(1);
    await rest.ok(204, as.delete("/users/me"));
    await noted(resident, "A former resident commented on");
    const db = broker.backbone.database("notifications");
    const collections = [
      "people",
      "preferences",
      "push_subscriptions",
      "notifications",
      "deliveries",
      "residents",
      "roles",
      "jobs",
    ];
    const left = await Promise.all(
      collections.map(async (name) => {
        const text = JSON.stringify(await db.collection(name).find().toArray());
        return [name, /Zoeleaves|4930555999/i.test(text.replaceAll(/Zoeleaves tap/g, "")) || text.includes(endpoint)];
      }),
    );
    expect(left.filter(([, found]) => found)).toEqual([]);
  });
});
