/**
 * What was handed over and what the broker has said about it. Pure: it decides what an answer means and what is sent
 * again; the publisher owns channel and timers. `C`: a channel, compared by identity only.
 */
import type { OutgoingMessage } from "../outbox/message.ts";

export type Outcome =
  /** Confirmed, and at least one queue has it. */
  | { kind: "routed" }
  /** Confirmed, but no queue was bound: the broker returned it. */
  | { kind: "unroutable" }
  /** Can never be sent (not serialisable, headers too large). */
  | { kind: "failed"; reason: string };

export interface InFlight {
  readonly message: OutgoingMessage;
  readonly onSettled: (outcome: Outcome) => void;
  /** Monotonic milliseconds. */
  sentAt: number;
  returned: boolean;
}

/** `ack`, `nack`, or `closed`: amqplib answers all that is open when its channel closes. */
export type BrokerAnswer = "ack" | "nack" | "closed";

export class Unconfirmed<C> {
  /** In the order of sending. */
  readonly #inFlight = new Set<InFlight>();
  #channel: C | undefined;
  #bytes = 0;

  get size(): number {
    return this.#inFlight.size;
  }
  get bytes(): number {
    return this.#bytes;
  }
  get channel(): C | undefined {
    return this.#channel;
  }

  add(message: OutgoingMessage, onSettled: (outcome: Outcome) => void): InFlight {
    const entry = { message, sentAt: 0, returned: false, onSettled };
    this.#inFlight.add(entry);
    this.#bytes += message.content.length;
    return entry;
  }

  /** @returns what has to be sent on the new channel, in the order of the first sending */
  opened(channel: C): InFlight[] {
    this.#channel = channel;
    return [...this.#inFlight];
  }

  /** Whatever its channel says from now on is of no interest: everything unconfirmed will be sent again. */
  closed(): void {
    this.#channel = undefined;
  }

  sent(entry: InFlight, now: number): void {
    entry.sentAt = now;
    entry.returned = false;
  }

  /**
   * The broker had no queue for it; its confirm follows. Returns come in the order of sending, and the same message may
   * be in flight twice: the first one without a return it is.
   */
  returned(routingKey: string, messageId: unknown): void {
    for (const entry of this.#inFlight) {
      const { routingKey: key, options } = entry.message;
      if (entry.returned || key !== routingKey || options.messageId !== messageId) continue;
      entry.returned = true;
      return;
    }
  }

  /**
   * A nack says nothing about who has the message: another queue may. So all is sent again, on a new channel.
   * An answer of a channel that was given up says nothing: the message was sent again on the next one.
   */
  answered(entry: InFlight, channel: C, answer: BrokerAnswer): Outcome | "reopen" | "ignore" {
    if (channel !== this.#channel || answer === "closed") return "ignore";
    if (answer === "nack") return "reopen";
    return { kind: entry.returned ? "unroutable" : "routed" };
  }

  /** @returns false when it is settled already */
  settle(entry: InFlight): boolean {
    if (!this.#inFlight.delete(entry)) return false;
    this.#bytes -= entry.message.content.length;
    return true;
  }

  /** Time that the broker could not use does not count. */
  postpone(now: number): void {
    for (const entry of this.#inFlight) entry.sentAt = now;
  }

  isOverdue(now: number, timeoutMs: number): boolean {
    const [oldest] = this.#inFlight;
    return oldest !== undefined && now - oldest.sentAt > timeoutMs;
  }

  clear(): void {
    this.#inFlight.clear();
    this.#bytes = 0;
  }
}
