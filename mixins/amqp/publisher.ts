/**
 * Publishing with confirms: whoever hands a message over is told once what became of it. A nack, a late confirm or a
 * lost channel re-opens the channel and sends everything unconfirmed again, in order: duplicates are possible, losses
 * are not. A blocked or absent broker is back-pressure: nothing times out and nothing is dropped meanwhile.
 */
import type { ConfirmChannel, Message } from "amqplib";
import type { OutgoingMessage } from "../outbox/message.ts";
import type { EventConnection } from "./connection.ts";

export type Outcome =
  /** Confirmed, and at least one queue has it. */
  | { kind: "routed" }
  /** Confirmed, but no queue was bound: the broker returned it. */
  | { kind: "unroutable" }
  /** Can never be sent (not serialisable, headers too large). */
  | { kind: "failed"; reason: string };

interface InFlight {
  message: OutgoingMessage;
  key: string;
  sentAt: number;
  returned: boolean;
  onSettled: (outcome: Outcome) => void;
}

export interface PublisherOptions {
  connection: EventConnection;
  logger: { warn(message: string): void };
  /** Own timer on every confirm, milliseconds: a channel that lost its quorum leader may stay silent for 18 s. */
  confirmTimeoutMs?: number;
  /** Most messages, and most bytes, without a confirm. */
  window?: number;
  windowBytes?: number;
}

const CHECK_MS = 250;
const MAX_BACKOFF_MS = 2_000;

export class ConfirmedPublisher {
  readonly #options: Required<PublisherOptions>;
  /** In the order of sending. */
  readonly #inFlight = new Map<string, InFlight>();
  #bytes = 0;
  #channel: ConfirmChannel | undefined;
  #opening = false;
  #stopped = true;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #waiting: (() => void)[] = [];
  #sequence = 0;

  constructor(options: PublisherOptions) {
    this.#options = { confirmTimeoutMs: 5_000, window: 1_000, windowBytes: 32 * 1024 * 1024, ...options };
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#timer = setInterval(() => this.#checkTimeouts(), CHECK_MS);
    void this.#open();
  }

  /** Gives up what is not confirmed: its `onSettled` is never called. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#inFlight.clear();
    this.#bytes = 0;
    this.#wake();
    await this.#closeChannel();
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get hasRoom(): boolean {
    return this.#inFlight.size < this.#options.window && this.#bytes < this.#options.windowBytes;
  }

  /** Resolves when there is room again, or when stopped. */
  room(): Promise<void> {
    if (this.hasRoom || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Hands a message over; `onSettled` is called exactly once unless the publisher is stopped first. */
  publish(message: OutgoingMessage, onSettled: (outcome: Outcome) => void): void {
    const entry: InFlight = { message, key: this.#keyFor(message), sentAt: 0, returned: false, onSettled };
    this.#inFlight.set(entry.key, entry);
    this.#bytes += message.content.length;
    if (this.#channel) this.#send(this.#channel, entry);
  }

  /** For one message at a time: waits until it is settled. Rejects when the publisher is stopped meanwhile. */
  published(message: OutgoingMessage): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) reject(new Error("The publisher is stopped."));
      else this.publish(message, resolve);
    });
  }

  /** Unique while in flight, and found again from a returned message (its routing key and messageId). */
  #keyFor(message: OutgoingMessage): string {
    const key = returnKey(message.routingKey, message.options.messageId);
    return this.#inFlight.has(key) ? `${key}#${++this.#sequence}` : key;
  }

  #send(channel: ConfirmChannel, entry: InFlight): void {
    entry.sentAt = performance.now();
    entry.returned = false;
    const { exchange, routingKey, content, options } = entry.message;
    try {
      channel.publish(exchange, routingKey, content, options, (error: Error | null) => {
        // A confirm of a channel that was given up says nothing: the message was sent again on the next one.
        if (channel !== this.#channel) return;
        // All at once when the channel has closed; its 'close' event follows, with the reason.
        if (error?.message === "channel closed") return;
        if (error) this.#reopen(`the broker refused a publish to ${routingKey}`);
        else this.#settle(entry, { kind: entry.returned ? "unroutable" : "routed" });
      });
    } catch (error) {
      // amqplib refuses synchronously what it can't encode; a closed channel is found by its 'close' event.
      if (error instanceof TypeError || error instanceof RangeError) {
        this.#settle(entry, { kind: "failed", reason: error.message });
      } else if (channel === this.#channel) {
        this.#reopen(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #settle(entry: InFlight, outcome: Outcome): void {
    if (!this.#inFlight.delete(entry.key)) return;
    this.#bytes -= entry.message.content.length;
    this.#failures = 0;
    entry.onSettled(outcome);
    if (this.#waiting.length > 0 && this.hasRoom) this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #checkTimeouts(): void {
    const { connection, confirmTimeoutMs } = this.#options;
    if (!this.#channel) return;
    const now = performance.now();
    if (connection.blocked || !connection.connected) {
      for (const entry of this.#inFlight.values()) entry.sentAt = now;
      return;
    }
    const [oldest] = this.#inFlight.values();
    if (oldest && now - oldest.sentAt > confirmTimeoutMs) this.#reopen(`no confirm for ${confirmTimeoutMs} ms`);
  }

  #reopen(reason: string): void {
    if (this.#stopped || !this.#channel) return;
    this.#options.logger.warn(
      `Publishing channel is re-opened: ${reason}; ${this.#inFlight.size} unconfirmed messages are sent again.`,
    );
    void this.#closeChannel();
    void this.#open();
  }

  async #open(): Promise<void> {
    if (this.#opening) return;
    this.#opening = true;
    try {
      while (!this.#stopped && !this.#channel) await this.#tryOpen();
    } finally {
      this.#opening = false;
    }
  }

  async #tryOpen(): Promise<void> {
    if (this.#failures > 0) await backOff(this.#failures);
    this.#failures++;
    try {
      const channel = await this.#options.connection.createConfirmChannel();
      if (this.#stopped) return void channel.close().catch(() => {});
      this.#watch(channel);
      this.#channel = channel;
      for (const entry of [...this.#inFlight.values()]) {
        if (this.#channel !== channel) return;
        this.#send(channel, entry);
      }
    } catch (error) {
      if (!this.#stopped)
        this.#options.logger.warn(`No publishing channel: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }

  #watch(channel: ConfirmChannel): void {
    channel.on("return", (message: Message) => {
      const entry = this.#inFlight.get(returnKey(message.fields.routingKey, message.properties.messageId));
      if (entry) entry.returned = true;
    });
    let reason = "closed by the broker";
    channel.on("error", (error: Error & { code?: number }) => {
      reason = error.message;
      // 404: the exchange is gone. Declare it again, or every publish would close the next channel as well.
      if (error.code === 404) void this.#options.connection.repair();
    });
    channel.on("close", () => {
      if (channel !== this.#channel) return;
      this.#channel = undefined;
      if (this.#stopped) return;
      this.#options.logger.warn(
        `Publishing channel: ${reason}; ${this.#inFlight.size} unconfirmed messages will be sent again.`,
      );
      void this.#open();
    });
  }

  async #closeChannel(): Promise<void> {
    const channel = this.#channel;
    this.#channel = undefined;
    // A channel whose connection is gone can't be closed any more, and needs not be.
    await channel?.close().catch(() => {});
  }
}

const returnKey = (routingKey: string, messageId: unknown): string => `${routingKey}|${String(messageId)}`;

const backOff = (failures: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(MAX_BACKOFF_MS, 50 * 2 ** Math.min(failures, 6))));
