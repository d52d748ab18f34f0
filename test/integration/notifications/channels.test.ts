/** The adapters against peers that speak the providers' protocols on loopback: what they send, and what each answer means. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { MongoClient } from "mongodb";
import webPush from "web-push";
import { newId } from "../../../mixins/kit/ids.ts";
import {
  AddressDeadError,
  ChannelAwayError,
  type Message,
  RefusedError,
  type Sender,
  ThrottledError,
} from "../../../services/notifications/channels/channel.ts";
import { embeddedSender } from "../../../services/notifications/channels/embedded.ts";
import { smtpSender } from "../../../services/notifications/channels/smtp.ts";
import { type TwilioSettings, twilioSender } from "../../../services/notifications/channels/twilio.ts";
import { webPushSender } from "../../../services/notifications/channels/web-push.ts";
import { deliveries, ensureIndexes } from "../../../services/notifications/repository.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { type Browser, PushPeer } from "../../support/peers/push.ts";
import { headerOf, type Mail, SmtpPeer, textOf } from "../../support/peers/smtp.ts";
import { ACCOUNT, TwilioPeer } from "../../support/peers/twilio.ts";

const clock = () => new Date();
const message = (to: string, more: Partial<Message> = {}): Message => ({
  notificationId: newId(),
  userId: newId(),
  address: { to },
  subject: "Meldung 7: Wasser läuft",
  text: "Im Keller steht Wasser. Вода.",
  urgency: "normal",
  unsubscribeUrl: null,
  data: { template: "ticket_created", subject: null },
  namedId: null,
  repeated: false,
  since: new Date(),
  ...more,
});

describe("what is only kept", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.dispose());

  it("is kept once, however often it is sent, and with it what came in the same moment", async () => {
    const db = world.client.db(`${world.env.DB_PREFIX}_notifications`);
    await ensureIndexes(db);
    const sender = embeddedSender(db, "email");
    const [first, second, third] = ["ann", "bea", "cem"].map((name) => message(`${name}@example.com`)) as Message[];
    await sender.send(first as Message);
    await Promise.all([second, first, third].map((one) => sender.send(one as Message)));
    const addresses = (await deliveries(db).find().toArray()).map(({ to }) => to);
    expect(addresses.sort()).toEqual(["ann@example.com", "bea@example.com", "cem@example.com"]);
  });

  it("fails where it can't be kept", async () => {
    const client = new MongoClient("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100");
    await expect(embeddedSender(client.db("none"), "email").send(message("dan@example.com"))).rejects.toThrow(/127/);
    await client.close();
  });
});

describe("e-mail by SMTP", () => {
  let peer: SmtpPeer;
  let sender: Sender;
  beforeAll(async () => {
    peer = await SmtpPeer.start();
    sender = smtpSender({ url: peer.url, from: "Residents <no-reply@example.com>", perSecond: 10 });
  });
  afterAll(async () => {
    sender.close?.();
    await peer.close();
  });

  it("arrives whole, in any script, as nobody's own writing", async () => {
    const sent = message("ann@example.com");
    await sender.send(sent);
    const [mail] = peer.to("ann@example.com") as [Mail];
    expect(textOf(mail)).toContain(sent.text);
    expect(headerOf(mail, "subject")).toMatch(/^=\?UTF-8\?/);
    expect(headerOf(mail, "from")).toBe("Residents <no-reply@example.com>");
    expect(headerOf(mail, "auto-submitted")).toBe("auto-generated");
    expect(headerOf(mail, "list-unsubscribe")).toBeUndefined();
  });

  it("a second try has the Message-ID of the first", async () => {
    const sent = message("bea@example.com");
    await sender.send(sent);
    await sender.send({ ...sent, repeated: true });
    const ids = peer.to("bea@example.com").map((mail) => headerOf(mail, "message-id"));
    expect(ids).toEqual([`<${sent.notificationId}@notifications>`, `<${sent.notificationId}@notifications>`]);
  });

  it("what can be ended can be ended by one click (RFC 8058)", async () => {
    await sender.send(message("cid@example.com", { unsubscribeUrl: "https://api.example.com/u?token=abc" }));
    const [mail] = peer.to("cid@example.com") as [Mail];
    expect(headerOf(mail, "list-unsubscribe")).toBe("<https://api.example.com/u?token=abc>");
    expect(headerOf(mail, "list-unsubscribe-post")).toBe("List-Unsubscribe=One-Click");
  });

  it("a subject makes no header", async () => {
    await sender.send(message("eva@example.com", { subject: "Hello\r\nBcc: everybody@example.com" }));
    const [mail] = peer.to("eva@example.com") as [Mail];
    expect(headerOf(mail, "bcc")).toBeUndefined();
    expect(peer.asked).not.toContain("everybody@example.com");
  });

  it.each([
    ["nobody", { code: 550, text: "5.1.1 No such user" }, AddressDeadError],
    ["unnamed", { code: 553, text: "mailbox name not allowed" }, AddressDeadError],
    ["blocked", { code: 550, text: "5.7.1 Blocked by policy" }, RefusedError],
    ["full", { code: 452, text: "4.2.2 Mailbox full" }, ChannelAwayError],
    ["grey", { code: 451, text: "4.7.1 Greylisted" }, ChannelAwayError],
    ["fast", { code: 450, text: "4.7.28 Too many messages" }, ThrottledError],
  ])("%s: %j", async (name, answer, verdict) => {
    peer.onRecipient = (to) => (to.startsWith(`${name}@`) ? answer : undefined);
    await expect(sender.send(message(`${name}@example.com`))).rejects.toBeInstanceOf(verdict);
  });

  it("a message that is refused once it has come is refused, not its address", async () => {
    peer.onMessage = ({ to }) => (to === "spam@example.com" ? { code: 554, text: "5.7.1 Spam" } : undefined);
    await expect(sender.send(message("spam@example.com"))).rejects.toBeInstanceOf(RefusedError);
  });

  it("a server that is away is away", async () => {
    const gone = smtpSender({ url: "smtp://127.0.0.1:1", from: "x@example.com", perSecond: 1 });
    await expect(gone.send(message("ann@example.com"))).rejects.toBeInstanceOf(ChannelAwayError);
    gone.close?.();
  });
});

describe("text messages by Twilio", () => {
  let peer: TwilioPeer;
  const settings = (more: Partial<TwilioSettings> = {}): TwilioSettings => ({
    url: peer.url,
    accountSid: ACCOUNT.sid,
    authToken: ACCOUNT.token,
    from: ACCOUNT.from,
    perSecond: 1,
    clock,
    ...more,
  });
  beforeAll(async () => {
    peer = await TwilioPeer.start();
  });
  beforeEach(() => {
    peer.taken.length = 0;
  });
  afterAll(() => peer.close());

  it("go out from the number, or by the messaging service", async () => {
    const sent = message("+4930100001");
    await twilioSender(settings()).send(sent);
    await twilioSender(settings({ from: `MG${"a".repeat(32)}` })).send(message("+4930100002"));
    expect(peer.taken).toMatchObject([
      { to: "+4930100001", from: ACCOUNT.from, body: sent.text, messaging_service_sid: null },
      { to: "+4930100002", from: null, messaging_service_sid: `MG${"a".repeat(32)}` },
    ]);
  });

  it.each([
    ["invalid", "21211, no number", AddressDeadError],
    ["stopped", "21610, its owner wants nothing from us", AddressDeadError],
    ["landline", "21614, no mobile", AddressDeadError],
    ["region", "21408, not allowed there", RefusedError],
    ["busy", "429", ThrottledError],
    ["down", "503", ChannelAwayError],
    ["cut", "no answer", ChannelAwayError],
  ] as const)("%s (%s)", async (fate, _, verdict) => {
    peer.plan("+4930100003", fate);
    await expect(twilioSender(settings()).send(message("+4930100003"))).rejects.toBeInstanceOf(verdict);
  });

  it("429 names the wait", async () => {
    peer.plan("+4930100004", "busy");
    await expect(twilioSender(settings()).send(message("+4930100004"))).rejects.toMatchObject({ retryAfterMs: 1_000 });
  });

  it("a wrong token of ours is not the number's fault", async () => {
    const wrong = twilioSender(settings({ authToken: "wrong" }));
    await expect(wrong.send(message("+4930100005"))).rejects.toBeInstanceOf(ChannelAwayError);
  });

  it("a repeat asks first: what was taken before the answer was lost is not sent again", async () => {
    const sender = twilioSender(settings());
    const sent = message("+4930100006");
    peer.plan("+4930100006", "cut");
    await expect(sender.send(sent)).rejects.toBeInstanceOf(ChannelAwayError);
    await sender.send({ ...sent, repeated: true });
    expect(peer.taken.filter(({ to }) => to === "+4930100006")).toHaveLength(1);
    await sender.send({ ...sent, text: "Another one.", repeated: true });
    expect(peer.taken.filter(({ to }) => to === "+4930100006")).toHaveLength(2);
  });

  it("what was taken before this one was due is another one", async () => {
    const sender = twilioSender(settings());
    const sent = message("+4930100007");
    await sender.send(sent);
    await sender.send({ ...sent, repeated: true, since: new Date(Date.now() + 3_000) });
    expect(peer.taken.filter(({ to }) => to === "+4930100007")).toHaveLength(2);
  });
});

describe("push to browsers", () => {
  const vapid = webPush.generateVAPIDKeys();
  let peer: PushPeer;
  const sender = (more: object = {}) =>
    webPushSender({
      ...vapid,
      subject: "mailto:admin@example.com",
      hosts: ["127.0.0.1"],
      perSecond: 50,
      clock,
      ...more,
    });
  const to = ({ endpoint, keys }: Browser, more: Partial<Message> = {}) =>
    message(endpoint, { address: { to: endpoint, keys }, ...more });
  beforeAll(async () => {
    peer = await PushPeer.start(vapid.publicKey);
  });
  afterAll(() => peer.close());

  it("only the browser can read it; who sends, and how urgent it is, the service sees", async () => {
    const browser = peer.subscribe();
    const subject = { type: "ticket", id: newId() };
    const sent = to(browser, { urgency: "critical", data: { template: "emergency", subject } });
    await sender().send(sent);
    expect(browser.received).toEqual([
      {
        data: { id: sent.notificationId, title: sent.subject, body: sent.text, template: "emergency", subject },
        urgency: "high",
        ttl: "86400",
        topic: expect.stringMatching(/^[\w-]{32}$/),
        subject: "mailto:admin@example.com",
      },
    ]);
  });

  it("a repeat has the topic of the first, so that it takes its place; another message has another", async () => {
    const browser = peer.subscribe();
    const sent = to(browser);
    for (const one of [sent, { ...sent, repeated: true }, to(browser)]) await sender().send(one);
    const [first, again, other] = browser.received.map(({ topic }) => topic);
    expect([first === again, first === other]).toEqual([true, false]);
  });

  it.each([
    [404, AddressDeadError],
    [410, AddressDeadError],
    [429, ThrottledError],
    [413, RefusedError],
    [500, ChannelAwayError],
  ])("%s", async (status, verdict) => {
    const browser = peer.subscribe();
    browser.statuses.push(status);
    await expect(sender().send(to(browser))).rejects.toBeInstanceOf(verdict);
    expect(browser.received).toEqual([]);
  });

  it("the keys of another server are refused by the service", async () => {
    const browser = peer.subscribe();
    await expect(sender(webPush.generateVAPIDKeys()).send(to(browser))).rejects.toBeInstanceOf(ChannelAwayError);
    expect(browser.received).toEqual([]);
  });

  it("a host that is no longer trusted is not called", async () => {
    const browser = peer.subscribe();
    await expect(sender({ hosts: ["fcm.googleapis.com"] }).send(to(browser))).rejects.toBeInstanceOf(RefusedError);
    expect(browser.received).toEqual([]);
  });

  it("the longest text fits", async () => {
    const browser = peer.subscribe();
    await sender().send(to(browser, { subject: "Щ".repeat(500), text: "Щ".repeat(500) }));
    expect(browser.received[0]?.data.body).toBe("Щ".repeat(500));
  });
});
