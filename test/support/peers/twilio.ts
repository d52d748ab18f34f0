/**
 * Answers as Twilio documents them: https://www.twilio.com/docs/messaging/api/message-resource and /docs/api/errors.
 * A number may be told to fail in one of its ways.
 */
import { randomBytes } from "node:crypto";
import { HttpPeer, type Received, type Reply } from "./http.ts";

export const ACCOUNT = {
  sid: `AC${"0123456789abcdef".repeat(2)}`,
  token: "the token of the account",
  from: "+15005550006",
};

export interface Sms {
  sid: string;
  to: string;
  from: string | null;
  messaging_service_sid: string | null;
  body: string;
  date_created: string;
}

/** Per number: what happens to the next message to it. */
export type Fate = "invalid" | "stopped" | "landline" | "region" | "busy" | "down" | "cut";

const error = (status: number, code: number, message: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }),
});

export class TwilioPeer {
  readonly taken: Sms[] = [];
  /** POSTs, whatever came of them. */
  posts = 0;
  lists = 0;
  readonly fates = new Map<string, Fate[]>();
  #peer: HttpPeer | undefined;

  static async start(): Promise<TwilioPeer> {
    const peer = new TwilioPeer();
    peer.#peer = await HttpPeer.start((received) => peer.#answer(received));
    return peer;
  }

  get url(): string {
    return this.#peer?.url ?? "";
  }

  /** The fates of the next messages to a number, in order. */
  plan(to: string, ...fates: Fate[]): void {
    this.fates.set(to, fates);
  }

  close = (): Promise<void> => this.#peer?.close() ?? Promise.resolve();

  #answer({ method, path, headers, body }: Received): Reply {
    const wanted = `Basic ${Buffer.from(`${ACCOUNT.sid}:${ACCOUNT.token}`).toString("base64")}`;
    if (headers.authorization !== wanted) return error(401, 20003, "Authenticate");
    const url = new URL(path, "http://twilio");
    if (url.pathname !== `/2010-04-01/Accounts/${ACCOUNT.sid}/Messages.json`)
      return error(404, 20404, `The requested resource ${url.pathname} was not found`);
    if (method === "GET") return this.#list(url.searchParams);
    return this.#create(new URLSearchParams(body.toString()));
  }

  #list(query: URLSearchParams): Reply {
    this.lists++;
    const day = Date.parse(query.get("DateSent>") ?? "1970-01-01");
    const messages = this.taken.filter(
      ({ to, date_created }) => to === query.get("To") && Date.parse(date_created) >= day,
    );
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages, page: 0 }),
    };
  }

  #create(fields: URLSearchParams): Reply {
    this.posts++;
    const to = fields.get("To") ?? "";
    const text = fields.get("Body") ?? "";
    if (text === "") return error(400, 21602, "Message body is required.");
    if (!fields.has("From") && !fields.has("MessagingServiceSid"))
      return error(400, 21603, "A 'From' phone number is required.");
    const fate = this.fates.get(to)?.shift();
    if (fate === "invalid") return error(400, 21211, `The 'To' number ${to} is not a valid phone number.`);
    if (fate === "stopped") return error(400, 21610, "Attempt to send to unsubscribed recipient");
    if (fate === "landline") return error(400, 21614, "'To' number is not a valid mobile number");
    if (fate === "region") return error(400, 21408, "Permission to send an SMS has not been enabled for the region");
    if (fate === "busy") return error(429, 20429, "Too Many Requests", { "retry-after": "1" });
    if (fate === "down") return error(503, 20503, "Service Unavailable");
    const sms: Sms = {
      sid: `SM${randomBytes(16).toString("hex")}`,
      to,
      from: fields.get("From"),
      messaging_service_sid: fields.get("MessagingServiceSid"),
      body: text,
      date_created: new Date().toUTCString().replace("GMT", "+0000"),
    };
    this.taken.push(sms);
    if (fate === "cut") return { status: 0, cut: true };
    return {
      status: 201,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...sms, status: "queued" }),
    };
  }
}
