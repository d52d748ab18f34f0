/** The whole way of a message to the providers: dead addresses, waits that they ask for, lost answers, fair shares. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import webPush from "web-push";
import { JOBS, type JobDoc } from "../../../mixins/jobs/job.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { OUTBOX, type OutboxRow } from "../../../mixins/outbox/row.ts";
import { contracts } from "../../../services/contracts.ts";
import iam from "../../../services/iam/iam.service.ts";
import type { NotificationDoc } from "../../../services/notifications/model.ts";
import notifications from "../../../services/notifications/notifications.service.ts";
import relay from "../../../services/relay/relay.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { facts, moveAllIn, type Neighbour, neighbours } from "../../support/crowd.ts";
import { waitFor } from "../../support/env.ts";
import { type Browser, PushPeer } from "../../support/peers/push.ts";
import { headerOf, type Mail, SmtpPeer, textOf } from "../../support/peers/smtp.ts";
import { ACCOUNT, TwilioPeer } from "../../support/peers/twilio.ts";

const PER_SECOND = 25;

describe("delivery", () => {
  let world: World;
  let broker: ServiceBroker;
  let [smtp, twilio, push] = [] as unknown as [SmtpPeer, TwilioPeer, PushPeer];
  const db = () => broker.backbone.database("notifications");
  const as = ({ id: userId }: Neighbour) => ({
    meta: { actor: { userId, sessionId: "test", roles: [], memberships: [] } },
  });
  const ask = (person: Neighbour, action: string, params: object = {}) =>
    // biome-ignore lint/suspicious/noExplicitAny: whatever the action answers
    broker.call<any, object>(`notifications.${action}`, params, as(person));
  const known = (person: Neighbour) =>
    waitFor(() => db().collection<{ _id: string }>("people").findOne({ _id: person.id }), { message: "the person" });
  const someone = async (more: object = {}): Promise<Neighbour> => {
    const [person] = (await neighbours(broker, 1, more)) as [Neighbour];
    await known(person);
    return person;
  };
  /** Something that concerns this person alone. @returns its event */
  const assign = async ({ id: assigneeId }: Neighbour, number = 1): Promise<string> => {
    const payload = { ticketId: newId(), number, buildingId: newId(), assigneeId, actorId: "somebody", version: 2 };
    return ((await facts(broker, "tickets", "ticket.assigned", [payload])) as [string])[0];
  };
  const told = (causeEventId: string, channel: string) =>
    db()
      .collection<NotificationDoc>("notifications")
      .findOne({ causeEventId, channel: channel as never });
  const ends = (causeEventId: string, channel: string, deadlineMs = 15_000) =>
    waitFor(
      async () => {
        const doc = await told(causeEventId, channel);
        return doc && doc.status !== "queued" ? doc : null;
      },
      { deadlineMs, message: `the end of the ${channel}` },
    );
  const factsOf = async (notificationId: string) => {
    const rows = await db().collection<OutboxRow>(OUTBOX).find({ "meta.aggregateId": notificationId }).toArray();
    return rows.map(({ eventType, version, body }) => [eventType, version, JSON.parse(body).payload.reason]);
  };
  const inbox = async (person: Neighbour): Promise<string[]> =>
    (await ask(person, "list")).items.map((one: { template: string }) => one.template);

  beforeAll(async () => {
    const vapid = webPush.generateVAPIDKeys();
    [smtp, twilio, push] = await Promise.all([SmtpPeer.start(), TwilioPeer.start(), PushPeer.start(vapid.publicKey)]);
    world = await createWorld({
      SMTP_URL: smtp.url,
      SMTP_PER_SECOND: PER_SECOND,
      TWILIO_ACCOUNT_SID: ACCOUNT.sid,
      TWILIO_AUTH_TOKEN: ACCOUNT.token,
      TWILIO_FROM: ACCOUNT.from,
      TWILIO_URL: twilio.url,
      TWILIO_PER_SECOND: 50,
      VAPID_PUBLIC_KEY: vapid.publicKey,
      VAPID_PRIVATE_KEY: vapid.privateKey,
      PUSH_HOSTS: ["127.0.0.1"],
      PUBLIC_URL: "https://api.example.com",
    });
    broker = await world.startBroker({ contracts, services: [relay, iam, notifications] });
  });
  afterAll(async () => {
    await world.dispose();
    await Promise.all([smtp, twilio, push].map((peer) => peer.close()));
  });

  it("an e-mail can be ended by one click, and says so at its end; security's can't", async () => {
    const person = await someone({ locale: "de-AT" });
    const event = await assign(person, 17);
    const doc = await ends(event, "email");
    const [mail] = smtp.to(person.email) as [Mail];
    const link = /^<(https:\/\/api\.example\.com\/api\/v1\/notifications\/unsubscribe\?token=[^>]+)>$/.exec(
      headerOf(mail, "list-unsubscribe") ?? "",
    )?.[1];
    expect(link).toBeDefined();
    expect(textOf(mail)).toContain("Öffnen Sie sie");
    expect(textOf(mail)).toContain(link as string);
    expect(doc).toMatchObject({ status: "sent" });
    expect(doc.variables).toBeUndefined();
    expect(await factsOf(doc._id)).toEqual([["notification.sent", "v2", undefined]]);
  });

  it("an address that bounces is told of in the app, and never tried again until the person restores it", async () => {
    const person = await someone();
    smtp.onRecipient = (to) => (to === person.email ? { code: 550, text: "5.1.1 No such user" } : undefined);
    const doc = await ends(await assign(person), "email");
    expect(doc.status).toBe("failed");
    expect(await factsOf(doc._id)).toEqual([["notification.failed", "v2", "ADDRESS_DEAD"]]);
    expect(await inbox(person)).toEqual(["address_dead", "ticket_assigned"]);
    expect((await ask(person, "getPreferences")).addresses.email).toEqual({
      address: person.email,
      state: "dead",
      reason: "ADDRESS_DEAD",
    });
    const later = await assign(person);
    await ends(later, "in_app");
    expect(await told(later, "email")).toBeNull();
    expect(smtp.asked.filter((to) => to === person.email)).toHaveLength(1);
    smtp.onRecipient = () => undefined;
    const restored = await ask(person, "restoreAddress", { channel: "email" });
    expect(restored.addresses.email.state).toBe("ok");
    expect((await ends(await assign(person), "email")).status).toBe("sent");
    await expect(ask(person, "restoreAddress", { channel: "email" })).rejects.toMatchObject({
      code: "ADDRESS_NOT_DEAD",
    });
  });

  it("quiet hours that have begun since it was planned are kept, and cost no try", async () => {
    const person = await someone();
    smtp.onRecipient = (to) => (to === person.email ? { code: 451, text: "4.3.0 Try again later" } : undefined);
    const event = await assign(person);
    await waitFor(() => smtp.asked.includes(person.email), { message: "the first try" });
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
    const to = at(2);
    await ask(person, "putPreferences", { quietHours: { from: at(-1), to } });
    const doc = await told(event, "email");
    const job = await waitFor(
      () =>
        db()
          .collection<JobDoc>(JOBS)
          .findOne({ _id: `deliver/${doc?._id}`, "lastError.code": "QUIET_HOURS" } as object),
      { message: "the wait" },
    );
    smtp.onRecipient = () => undefined;
    expect(job.dueAt.toISOString().slice(11, 16)).toBe(to);
    await ask(person, "putPreferences", { quietHours: null });
    await db()
      .collection<JobDoc>(JOBS)
      .updateOne({ _id: job._id }, { $set: { dueAt: new Date() } });
    expect((await ends(event, "email")).status).toBe("sent");
  });

  it("what is refused for good is not the address's end", async () => {
    const person = await someone();
    smtp.onMessage = ({ to }) => (to === person.email ? { code: 554, text: "5.7.1 Spam" } : undefined);
    const doc = await ends(await assign(person), "email");
    expect(await factsOf(doc._id)).toEqual([["notification.failed", "v2", "REFUSED"]]);
    smtp.onMessage = () => undefined;
    expect((await ends(await assign(person), "email")).status).toBe("sent");
    expect(await inbox(person)).not.toContain("address_dead");
  });

  it("a mail server that is away for a while loses nothing and doubles nothing", async () => {
    const person = await someone();
    let refusals = 2;
    smtp.onRecipient = (to) =>
      to === person.email && refusals-- > 0 ? { code: 451, text: "4.3.0 Try again later" } : undefined;
    expect((await ends(await assign(person), "email", 20_000)).status).toBe("sent");
    expect([smtp.to(person.email).length, smtp.asked.filter((to) => to === person.email).length]).toEqual([1, 3]);
    smtp.onRecipient = () => undefined;
  });

  describe("text messages", () => {
    const texts = { tickets: { email: false, push: false, sms: true } };
    let phone = "";
    const withPhone = async () => {
      phone = `+49301${String(Math.floor(Math.random() * 1e7)).padStart(7, "0")}`;
      const person = await someone({ phone });
      await ask(person, "putPreferences", { types: texts });
      return person;
    };

    it("go to who wants them, short; an invalid number is taken out, and told of in the app", async () => {
      const person = await withPhone();
      await ends(await assign(person, 5), "sms");
      expect(twilio.taken.filter(({ to }) => to === phone).map(({ body }) => body)).toEqual([
        "Ticket 5 was assigned to you. Open it to see what is to be done.",
      ]);
      twilio.plan(phone, "invalid");
      const doc = await ends(await assign(person), "sms");
      expect(await factsOf(doc._id)).toEqual([["notification.failed", "v2", "ADDRESS_DEAD"]]);
      expect((await inbox(person))[0]).toBe("address_dead");
      const posts = twilio.posts;
      await ends(await assign(person), "in_app");
      expect(twilio.posts).toBe(posts);
      // A new number is a new chance.
      const changed = { phone: `${phone.slice(0, -1)}${phone.endsWith("1") ? "2" : "1"}` };
      await facts(broker, "iam", "user.updated", [{ userId: person.id, changed, version: 3 }]);
      await waitFor(async () => (await ask(person, "getPreferences")).addresses.sms.address === changed.phone, {
        message: "the new number",
      });
      expect((await ends(await assign(person), "sms")).status).toBe("sent");
    });

    it("429 makes the channel wait, and costs no try", async () => {
      const person = await withPhone();
      twilio.plan(phone, "busy");
      const event = await assign(person);
      await waitFor(
        async () => (await db().collection(JOBS).findOne({ "lastError.code": "THROTTLED", attempts: 0 })) !== null,
        {
          message: "the wait",
        },
      );
      expect((await ends(event, "sms")).status).toBe("sent");
      expect(twilio.taken.filter(({ to }) => to === phone)).toHaveLength(1);
    });

    it("an answer that is lost makes no second message", async () => {
      const person = await withPhone();
      twilio.plan(phone, "cut");
      const { lists } = twilio;
      expect((await ends(await assign(person), "sms")).status).toBe("sent");
      expect([twilio.taken.filter(({ to }) => to === phone).length, twilio.lists - lists]).toEqual([1, 1]);
    });
  });

  describe("push", () => {
    const withBrowsers = async (count: number) => {
      const person = await someone();
      const browsers = Array.from({ length: count }, () => push.subscribe());
      for (const { endpoint, keys } of browsers) await ask(person, "createPushSubscription", { endpoint, keys });
      return { person, browsers: browsers as [Browser, Browser] };
    };

    it("goes to every browser once, also when one of them needs a second try", async () => {
      const { person, browsers } = await withBrowsers(2);
      browsers[0].statuses.push(500);
      expect((await ends(await assign(person, 8), "push")).status).toBe("sent");
      expect(browsers.map(({ received }) => received.map(({ data }) => data.title))).toEqual([
        ["Ticket 8 was assigned to you"],
        ["Ticket 8 was assigned to you"],
      ]);
    });

    it("goes to all of them side by side", async () => {
      const { person, browsers } = await withBrowsers(3);
      let asked = 0;
      let letGo = () => {};
      const all = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      for (const browser of browsers)
        browser.hold = () => {
          asked += 1;
          if (asked === 3) letGo();
          return all;
        };
      expect((await ends(await assign(person), "push", 8_000)).status).toBe("sent");
      expect(browsers.map(({ received }) => received.length)).toEqual([1, 1, 1]);
    });

    it("has been told when one browser has it and the other takes nothing until it is too late", async () => {
      const { person, browsers } = await withBrowsers(2);
      browsers[1].statuses.push(500, 500, 500);
      const event = await assign(person);
      const job = await waitFor(
        async () => {
          const doc = await told(event, "push");
          return db()
            .collection<JobDoc>(JOBS)
            .findOne({ _id: `deliver/${doc?._id}`, token: null, lastError: { $ne: null } });
        },
        { message: "the first try" },
      );
      const since = new Date(Date.now() - 48 * 3_600_000);
      await db()
        .collection<JobDoc>(JOBS)
        .updateOne({ _id: job._id }, { $set: { "data.since": since } as object });
      const doc = await ends(event, "push");
      expect(await factsOf(doc._id)).toEqual([["notification.sent", "v2", undefined]]);
      expect(browsers.map(({ received }) => received.length)).toEqual([1, 0]);
    });

    it("a browser that is gone is taken out at once, also when another one has to be tried again", async () => {
      const { person, browsers } = await withBrowsers(2);
      browsers[0].statuses.push(410);
      browsers[1].statuses.push(500, 500);
      const event = await assign(person);
      await waitFor(async () => (await ask(person, "listPushSubscriptions")).items.length === 1, {
        message: "the end of the subscription",
      });
      expect((await told(event, "push"))?.status).toBe("queued");
      expect((await ends(event, "push")).status).toBe("sent");
      expect((await inbox(person)).filter((template) => template === "address_dead")).toHaveLength(1);
    });

    it("a browser that is gone is taken out, told of in the app, and the others still get it", async () => {
      const { person, browsers } = await withBrowsers(2);
      browsers[0].statuses.push(410);
      expect((await ends(await assign(person), "push")).status).toBe("sent");
      expect(browsers.map(({ received }) => received.length)).toEqual([0, 1]);
      expect(
        (await ask(person, "listPushSubscriptions")).items.map((one: { endpoint: string }) => one.endpoint),
      ).toEqual([browsers[1].endpoint]);
      expect((await inbox(person))[0]).toBe("address_dead");
      browsers[1].statuses.push(404);
      const doc = await ends(await assign(person), "push");
      expect(await factsOf(doc._id)).toEqual([["notification.failed", "v2", "ADDRESS_DEAD"]]);
      const last = await assign(person);
      await ends(last, "in_app");
      expect(await told(last, "push")).toBeNull();
    });
  });

  it("an emergency's e-mails go out at the provider's rate, and let somebody's new password through", async () => {
    const buildingId = newId();
    const house = await neighbours(broker, 150);
    await moveAllIn(broker, house, buildingId);
    await waitFor(
      async () => (await db().collection("residents").countDocuments({ buildingId, verified: true })) === house.length,
      { message: "the residents" },
    );
    const { id } = await broker.call<{ id: string }, object>("iam.register", {
      email: "forgetful@example.com",
      password: "four words in a row",
      displayName: "Forgetful",
    });
    await waitFor(() => smtp.to("forgetful@example.com").length === 1, { message: "the verification" });
    const post = {
      ...{ postId: newId(), buildingId, authorId: newId(), kind: "emergency" as const, public: true },
      audience: { type: "building" as const, unitIds: [], roles: [] },
      ...{ title: "Burst pipe", body: "Close your taps.", mentions: [], revision: 1, version: 1 },
    };
    const [event] = (await facts(broker, "community", "post.created", [post])) as [string];
    const mails = () => smtp.mails.filter((mail) => headerOf(mail, "subject") === "EMERGENCY: Burst pipe");
    await waitFor(() => mails().length > 5, { message: "the first e-mails" });
    await facts(broker, "iam", "password_reset.created", [{ resetId: newId(), userId: id }]);
    await waitFor(() => smtp.to("forgetful@example.com").length === 2, { message: "the new password" });
    expect(mails().length).toBeLessThan(house.length);
    await waitFor(() => mails().length === house.length, { deadlineMs: 60_000, message: "all e-mails" });
    expect(new Set(mails().map(({ to }) => to))).toEqual(new Set(house.map(({ email }) => email)));
    const at = mails().map((mail) => mail.at);
    const seconds = (Math.max(...at) - Math.min(...at)) / 1000;
    expect(house.length / seconds).toBeLessThan(PER_SECOND * 1.1);
    const collection = db().collection<NotificationDoc>("notifications");
    expect(await collection.countDocuments({ causeEventId: event, channel: "in_app", status: "sent" })).toBe(
      house.length,
    );
    expect(mails().every((mail) => headerOf(mail, "list-unsubscribe") === undefined)).toBe(true);
  });
});
