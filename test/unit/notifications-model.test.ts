/** Who is told, by what, when; and what is known of people. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { MAX_HOLD_MS } from "../../mixins/jobs/gate.ts";
import { LEASE_MS } from "../../mixins/jobs/job.ts";
import { newId } from "../../mixins/kit/ids.ts";
import {
  AddressDeadError,
  ChannelAwayError,
  RefusedError,
  retryAfterMs,
  ThrottledError,
} from "../../services/notifications/channels/channel.ts";
import { verdictOf } from "../../services/notifications/channels/smtp.ts";
import { MAX_AGE_MS, retryAfter } from "../../services/notifications/deliver.ts";
import { managing, type RoleDoc } from "../../services/notifications/directory.ts";
import { addressOf, addressState, forgotten, type PersonDoc, withFields } from "../../services/notifications/people.ts";
import { laneOf, planFor, type Recipient } from "../../services/notifications/plan.ts";
import { choicesOf, defaultPreferences, type PreferencesDoc, wants } from "../../services/notifications/preferences.ts";
import { checkEndpoint, checkKeys, isTrusted } from "../../services/notifications/push-subscription.ts";
import { QuietHoursError } from "../../services/notifications/quiet-hours.ts";
import { SEND_DEADLINE_MS, within } from "../../services/notifications/send.ts";
import { OPTIONAL_TOPICS } from "../../services/notifications/topics.ts";
import { readToken, unsubscribeToken } from "../../services/notifications/unsubscribe.ts";

const now = new Date("2030-03-01T12:00:00Z");
const userId = newId();
const person: PersonDoc = {
  _id: userId,
  email: "ann@example.com",
  phone: "+4930123456",
  displayName: "Ann",
  locale: "en",
  timeZone: "Europe/Berlin",
  version: 1,
  deleted: false,
};
const preferences = (changes: Partial<PreferencesDoc>): PreferencesDoc => ({
  ...defaultPreferences(userId, now),
  ...changes,
});
const recipient = (changes: Partial<Recipient> = {}): Recipient => ({
  userId,
  person,
  preferences: undefined,
  push: true,
  ...changes,
});
const channels = (template: Parameters<typeof planFor>[1], changes: Partial<Recipient> = {}) =>
  planFor(recipient(changes), template, now).map(({ channel }) => channel);

describe("who is told by what", () => {
  it("by the topic's own channels, unless the person says otherwise", () => {
    expect(channels("ticket_created")).toEqual(["in_app", "email", "push"]);
    const types = { tickets: { email: false, sms: true } };
    expect(channels("ticket_created", { preferences: preferences({ types }) })).toEqual(["in_app", "sms", "push"]);
    expect(
      channels("ticket_created", { preferences: preferences({ types: { tickets: { in_app: false } } }) }),
    ).not.toContain("in_app");
  });

  it("emergencies and security go everywhere, at once, whatever is preferred and however late it is", () => {
    const off = { in_app: false, email: false, sms: false, push: false };
    const types = Object.fromEntries(OPTIONAL_TOPICS.map((topic) => [topic, off]));
    const quiet = preferences({ types, quietHours: { from: "00:00", to: "23:59" } });
    const planned = planFor(recipient({ preferences: quiet }), "emergency", now);
    expect(planned.map(({ channel }) => channel)).toEqual(["in_app", "email", "sms", "push"]);
    expect(planned.map(({ dueAt }) => dueAt)).toEqual([now, now, now, now]);
    expect(channels("reset_password", { preferences: quiet })).toEqual(["email"]);
    expect(channels("ticket_created", { preferences: quiet })).toEqual([]);
  });

  it("only where there is an address that works", () => {
    expect(channels("emergency", { push: false, person: { ...person, phone: null } })).toEqual(["in_app", "email"]);
    const dead = { email: { reason: "ADDRESS_DEAD", at: now }, sms: { reason: "ADDRESS_DEAD", at: now } };
    expect(channels("emergency", { person: { ...person, dead } })).toEqual(["in_app", "push"]);
    expect(channels("emergency", { person: forgotten(userId, 9) })).toEqual([]);
  });

  it("somebody whose registration is still on its way gets the e-mail when it has come", () => {
    expect(channels("verify_email", { person: undefined, push: false })).toEqual(["email"]);
  });

  it("quiet hours defer what leaves the house, not what lies in the app", () => {
    const night = new Date("2030-03-01T22:30:00Z");
    const quiet = preferences({ quietHours: { from: "22:00", to: "07:00" } });
    const planned = planFor(recipient({ preferences: quiet }), "ticket_created", night);
    expect(planned.map(({ channel, dueAt }) => [channel, dueAt.toISOString()])).toEqual([
      ["in_app", "2030-03-01T22:30:00.000Z"],
      ["email", "2030-03-02T06:00:00.000Z"],
      ["push", "2030-03-02T06:00:00.000Z"],
    ]);
  });

  it("e-mails of low urgency wait for the digest, unless the person wants them one by one", () => {
    const [, email] = planFor(recipient(), "post_created", now);
    expect(email).toEqual({ channel: "email", dueAt: new Date("2030-03-01T17:00:00Z"), digest: true });
    const [, single] = planFor(recipient({ preferences: preferences({ digestAt: null }) }), "post_created", now);
    expect(single).toEqual({ channel: "email", dueAt: now, digest: false });
    const late = preferences({ digestAt: "23:00", quietHours: { from: "22:00", to: "07:00" } });
    expect(planFor(recipient({ preferences: late }), "post_created", now)[1]?.dueAt).toEqual(
      new Date("2030-03-02T06:00:00Z"),
    );
  });

  it("what one person waits for has another lane than what everybody gets", () => {
    expect([laneOf("verify_email", false), laneOf("emergency", true)]).toEqual(["urgent", "emergency"]);
    expect([laneOf("announcement", true), laneOf("ticket_created", false)]).toEqual(["bulk", "normal"]);
  });

  it("every choice is shown, and each is what is done", () => {
    const chosen = preferences({ types: { posts: { push: true } } });
    const all = choicesOf(chosen);
    expect(Object.keys(all).sort()).toEqual([...OPTIONAL_TOPICS].sort());
    for (const topic of OPTIONAL_TOPICS)
      for (const channel of ["in_app", "email", "sms", "push"] as const)
        expect([topic, channel, wants(chosen, topic, channel)]).toEqual([topic, channel, all[topic][channel]]);
  });
});

describe("one try at a message", () => {
  it("is over well before its job's lease, with the wait for its turn", async () => {
    expect(SEND_DEADLINE_MS + MAX_HOLD_MS).toBeLessThan(LEASE_MS * 0.75);
    await expect(within(5, new Promise(() => {}))).rejects.toBeInstanceOf(ChannelAwayError);
    await expect(within(5_000, Promise.reject(new RefusedError("no")))).rejects.toBeInstanceOf(RefusedError);
    await within(5_000, Promise.resolve());
  });

  it("waits for the end of quiet hours for free, however old the message is", () => {
    const until = new Date(now.getTime() + 3_600_000);
    const since = new Date(now.getTime() - 2 * MAX_AGE_MS);
    expect(retryAfter(3, new QuietHoursError(until), since, now)).toEqual({ inMs: 3_600_000, free: true });
  });
});

describe("who manages a building", () => {
  const building = { _id: newId(), managerId: "named" };
  const role = (of: string, held: boolean, name = "manager"): RoleDoc => ({
    ...{ _id: `${of}/${building._id}/${name}`, userId: of, buildingId: building._id },
    ...{ role: name, held, version: 1 },
  });

  it("is who was named when it was made, until the role is taken away, and who has the role", () => {
    expect(managing(building, [])).toEqual(["named"]);
    expect(managing(building, [role("named", true), role("other", true)])).toEqual(["named", "other"]);
    expect(managing(building, [role("named", false), role("other", true)])).toEqual(["other"]);
    expect(managing(building, [role("named", false, "staff"), role("gone", false)])).toEqual(["named"]);
    expect(managing(null, [role("other", true), role("clerk", true, "staff")])).toEqual(["other"]);
  });
});

describe("what is known of a person", () => {
  const created = { email: "ann@example.com", displayName: "Ann", locale: "en", timeZone: "UTC" };
  const changes = [
    { fields: created, version: 1 },
    { fields: { phone: "+4930123456" }, version: 2 },
    { fields: { locale: "de", phone: "+4930999999" }, version: 3 },
    { fields: { timeZone: "Europe/Kyiv" }, version: 4 },
  ];
  const learn = (order: readonly number[]) =>
    order.reduce<PersonDoc | null>((known, index) => {
      const { fields, version } = changes[index] as (typeof changes)[number];
      return withFields(known, userId, fields, version) ?? known;
    }, null);

  it("is the same in whatever order, and however often, it is told", () => {
    const { fieldVersions: _, ...wanted } = learn([0, 1, 2, 3]) as PersonDoc;
    expect(wanted).toMatchObject({
      email: "ann@example.com",
      phone: "+4930999999",
      locale: "de",
      timeZone: "Europe/Kyiv",
    });
    const order = fc.shuffledSubarray([0, 1, 2, 3, 0, 1, 2, 3], { minLength: 8, maxLength: 8 });
    fc.assert(fc.property(order, (told) => expect(learn(told)).toMatchObject(wanted)));
  });

  it("nothing brings a deleted one back", () => {
    expect(withFields(forgotten(userId, 5), userId, created, 9)).toBeUndefined();
  });

  it("a document of a release before takes only what is newer than itself", () => {
    const old = { ...person, version: 3 };
    expect(withFields(old, userId, { locale: "de" }, 3)).toBeUndefined();
    expect(withFields(old, userId, { locale: "de" }, 4)).toMatchObject({ locale: "de", version: 4 });
  });

  it("a new address is a new chance, another field is not", () => {
    const dead = { email: { reason: "ADDRESS_DEAD", at: now }, sms: { reason: "ADDRESS_DEAD", at: now } };
    const without = { ...person, dead };
    expect([addressOf(without, "email"), addressOf(without, "sms")]).toEqual([undefined, undefined]);
    expect(addressState(without, "sms")).toEqual({ address: "+4930123456", state: "dead", reason: "ADDRESS_DEAD" });
    const renamed = withFields(without, userId, { displayName: "Anna" }, 2) as PersonDoc;
    expect(addressOf(renamed, "sms")).toBeUndefined();
    const corrected = withFields(without, userId, { phone: "+4930123457" }, 2) as PersonDoc;
    expect([addressOf(corrected, "sms"), addressOf(corrected, "email")]).toEqual(["+4930123457", undefined]);
  });
});

describe("what a mail server's answer means", () => {
  it.each([
    [{ responseCode: 550, command: "RCPT TO", response: "550 5.1.1 No such user" }, AddressDeadError],
    [{ responseCode: 550, command: "RCPT TO", response: "550 No such user here" }, AddressDeadError],
    [{ responseCode: 550, command: "RCPT TO", response: "550 5.7.1 Blocked by policy" }, RefusedError],
    [
      { responseCode: 550, command: "RCPT TO", response: "550-5.2.1 The account is disabled\n550 5.2.1 ..." },
      AddressDeadError,
    ],
    [{ responseCode: 552, command: "RCPT TO", response: "552 5.2.2 Mailbox full" }, RefusedError],
    [{ responseCode: 554, command: "DATA", response: "554 5.7.1 Spam" }, RefusedError],
    [{ responseCode: 550, command: "DATA", response: "550 rejected" }, RefusedError],
    [{ responseCode: 421, command: "CONN", response: "421 4.7.0 Too many messages, slow down" }, ThrottledError],
    [{ responseCode: 451, command: "RCPT TO", response: "451 4.3.0 Greylisted" }, ChannelAwayError],
    [{ responseCode: 454, command: "AUTH", response: "454 4.7.0 Temporary" }, ChannelAwayError],
    [{ responseCode: 535, command: "AUTH PLAIN", response: "535 5.7.8 Bad credentials" }, ChannelAwayError],
    [{}, ChannelAwayError],
  ])("%j", (failure, verdict) => expect(verdictOf(failure)).toBeInstanceOf(verdict));
});

describe("tries", () => {
  const away = new ChannelAwayError("away");
  it("go on with back-off until a day has passed", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 20].map((attempt) => retryAfter(attempt, away, now, now))).toEqual([
      1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000, 3_600_000, 3_600_000,
    ]);
    expect(retryAfter(30, away, now, new Date(now.getTime() + MAX_AGE_MS - 1_000))).toBeNull();
  });

  it("end at once where they are of no use, and cost nothing where the provider asks to wait", () => {
    expect(retryAfter(1, new RefusedError("no"), now, now)).toBeNull();
    expect(retryAfter(1, new AddressDeadError("gone"), now, now)).toBeNull();
    expect(retryAfter(1, new ThrottledError(7_000), now, now)).toEqual({ inMs: 7_000, free: true });
  });

  it.each([
    ["120", 120_000],
    ["0", 1_000],
    [new Date(now.getTime() + 90_000).toUTCString(), 90_000],
    ["999999", 3_600_000],
    ["soon", 30_000],
    [null, 30_000],
  ])("Retry-After: %s", (header, ms) => expect(retryAfterMs(header, now)).toBe(ms));
});

describe("push subscriptions", () => {
  const hosts = ["fcm.googleapis.com", "*.push.apple.com", "127.0.0.1"];
  it.each([
    ["https://fcm.googleapis.com/fcm/send/abc", true],
    ["https://web.push.apple.com/abc", true],
    ["http://127.0.0.1:9000/abc", true],
    ["http://fcm.googleapis.com/abc", false],
    ["https://push.apple.com.evil.example/abc", false],
    ["https://evilpush.apple.com.example/", false],
    ["https://fcm.googleapis.com@evil.example/", false],
    ["https://user@fcm.googleapis.com/", false],
    ["https://169.254.169.254/latest/meta-data", false],
    ["https://localhost/", false],
    ["ftp://127.0.0.1/", false],
    ["nonsense", false],
  ])("%s: %s", (endpoint, trusted) => expect(isTrusted(endpoint, hosts)).toBe(trusted));

  it("the keys have to be a point of the curve and sixteen bytes", () => {
    const p256dh = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM";
    const auth = "tBHItJI5svbpez7KI4CCXg";
    expect(() => checkKeys({ p256dh, auth })).not.toThrow();
    expect(() => checkKeys({ p256dh, auth: "dG9vIHNob3J0" })).toThrow("not the keys");
    expect(() => checkKeys({ p256dh: `${p256dh.slice(0, -4)}AAAA`, auth })).toThrow("not the keys");
    expect(() => checkEndpoint("https://evil.example/", hosts)).toThrow("no endpoint");
  });
});

describe("unsubscribe tokens", () => {
  const secret = Buffer.alloc(32, 1);
  const token = unsubscribeToken(secret, userId, "tickets");
  it("name a person and a topic, and nothing else", () => {
    expect(readToken(secret, token)).toEqual({ userId, topic: "tickets" });
  });

  it.each([
    ["of another person", token.replace(userId, newId())],
    ["of another topic", token.replace(".tickets.", ".posts.")],
    ["of a topic that can't be ended", unsubscribeToken(secret, userId, "emergencies")],
    ["of another secret", unsubscribeToken(Buffer.alloc(32, 2), userId, "tickets")],
    ["with more after it", `${token}.x`],
    ["cut short", token.slice(0, -5)],
    ["empty", ""],
  ])("%s: refused", (_, wrong) => expect(() => readToken(secret, wrong)).toThrow("does not work"));
});
