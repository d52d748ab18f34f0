/** The port of the outside channels. */
import type { Channel } from "../model.ts";

export interface Message {
  /** The same for every try: the other side's idempotency key. */
  notificationId: string;
  to: string;
  subject: string;
  text: string;
}

export interface Sender {
  readonly channel: Channel;
  /** @throws RefusedError (final), or anything else (tried again) */
  send(message: Message): Promise<void>;
}

/** The other side will not take this message, however often it is sent. */
export class RefusedError extends Error {
  readonly code = "REFUSED";
}
