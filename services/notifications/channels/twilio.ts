/**
 * Text messages by Twilio's REST API. Plain HTTPS: of Twilio's own package (axios and 20 MB of products) one request
 * would be used. https://www.twilio.com/docs/messaging/api/message-resource
 */
import type { Clock } from "../../../mixins/kit/clock.ts";
import {
  AddressDeadError,
  ChannelAwayError,
  type Message,
  RefusedError,
  retryAfterMs,
  type Sender,
  ThrottledError,
} from "./channel.ts";

const TIMEOUT_MS = 10_000;

export interface TwilioSettings {
  /** https://api.twilio.com */
  url: string;
  accountSid: string;
  authToken: string;
  /** A number (E.164), or the SID of a messaging service (MG...). */
  from: string;
  perSecond: number;
  clock: Clock;
}

/** Not a number, not a mobile one, can't be reached, or its owner has answered STOP. */
const DEAD = new Set([21211, 21214, 21217, 21610, 21614]);

export function twilioSender(settings: TwilioSettings): Sender {
  const { url, accountSid, authToken, from, perSecond, clock } = settings;
  const messages = `${url}/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}`;
  const ask = async (target: string, init: RequestInit): Promise<Response> => {
    try {
      return await fetch(target, {
        ...init,
        headers: { authorization, accept: "application/json" },
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      throw new ChannelAwayError("Twilio does not answer.", { cause });
    }
  };

  /** Twilio knows no idempotency key: before a repeat it is asked what it has taken since the first try. */
  async function wasTaken({ address, text, since }: Message): Promise<boolean> {
    const query = new URLSearchParams({
      To: address.to,
      "DateSent>": since.toISOString().slice(0, 10),
      PageSize: "100",
    });
    const response = await ask(`${messages}?${query}`, { method: "GET" });
    if (!response.ok) throw await verdictOf(response, clock());
    const { messages: found = [] } = (await response.json()) as { messages?: TwilioMessage[] };
    // Its times are whole seconds.
    const from = Math.floor(since.getTime() / 1000) * 1000;
    return found.some(({ body, date_created }) => body === text && Date.parse(date_created) >= from);
  }

  return {
    channel: "sms",
    perSecond,
    async send(message) {
      if (message.repeated && (await wasTaken(message))) return;
      const sender = from.startsWith("MG") ? { MessagingServiceSid: from } : { From: from };
      const body = new URLSearchParams({ To: message.address.to, ...sender, Body: message.text });
      const response = await ask(messages, { method: "POST", body });
      if (!response.ok) throw await verdictOf(response, clock());
    },
  };
}

interface TwilioMessage {
  body: string;
  /** RFC 2822. */
  date_created: string;
}

async function verdictOf(response: Response, now: Date): Promise<Error> {
  const { status, headers } = response;
  const { code } = (await response.json().catch(() => ({}))) as { code?: number };
  const told = `Twilio ${status}${code === undefined ? "" : ` ${code}`}`;
  if (status === 429) return new ThrottledError(retryAfterMs(headers.get("retry-after"), now));
  if (code !== undefined && DEAD.has(code)) return new AddressDeadError(told);
  // Our account's fault, not the message's: somebody has to mend the settings.
  if (status === 401 || status === 403 || status >= 500) return new ChannelAwayError(told);
  return new RefusedError(told);
}
