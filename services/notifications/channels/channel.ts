/** The port of the outside channels: one adapter each, and an embedded default that keeps instead of sending. */
import type { OutsideChannel, Urgency } from "../topics.ts";

export interface Address {
  /** E-mail address, number (E.164) or push endpoint. */
  to: string;
  /** Of a push subscription. */
  keys?: { p256dh: string; auth: string };
}

export interface Message {
  /** The same for every try: the other side's idempotency key, as far as it knows such a thing. */
  notificationId: string;
  userId: string;
  address: Address;
  subject: string;
  text: string;
  urgency: Urgency;
  /** POST ends e-mails of this kind (RFC 8058); null: they can't be ended. */
  unsubscribeUrl: string | null;
  /** For the app that opens a push message. */
  data: { template: string; subject: { type: string; id: string } | null };
  /** Another person whose name is in the text. */
  namedId: string | null;
  /** It may have been taken at an earlier try whose answer was lost. */
  repeated: boolean;
  /** When the first try could have been. */
  since: Date;
}

export interface Sender {
  readonly channel: OutsideChannel;
  /** Messages a second that the provider takes; 0: no limit; null: there is no provider. */
  readonly perSecond: number | null;
  /** @throws RefusedError, AddressDeadError (final), ThrottledError; anything else is tried again */
  send(message: Message): Promise<void>;
  close?(): void;
}

/** The other side will not take this message, however often it is sent. */
export class RefusedError extends Error {
  readonly code = "REFUSED";
}

/** The other side knows of nobody at this address, or of somebody who wants nothing from us. */
export class AddressDeadError extends Error {
  readonly code = "ADDRESS_DEAD";
}

/** Too much at once: nobody asks again before it is over. */
export class ThrottledError extends Error {
  readonly code = "THROTTLED";
  readonly retryAfterMs: number;
  constructor(retryAfterMs: number) {
    super(`The provider asks to wait ${retryAfterMs} ms.`);
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer, or one that says nothing about the message. `answer`: a status or code, never the provider's text. */
export class ChannelAwayError extends Error {
  readonly code = "CHANNEL_AWAY";
}

const MAX_WAIT_MS = 3_600_000;

/** `Retry-After` (seconds or a date) as milliseconds; without a usable one, `fallback`. */
export function retryAfterMs(header: string | null, now: Date, fallback = 30_000): number {
  if (header === null || header.trim() === "") return fallback;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now.getTime();
  return Number.isFinite(ms) ? Math.min(MAX_WAIT_MS, Math.max(1_000, ms)) : fallback;
}
