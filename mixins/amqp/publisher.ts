/**
 * Publishing with confirms: whoever hands a message over is told once what became of it. A nack, a late confirm or a
 * lost channel re-opens the channel and sends everything unconfirmed again, in order: duplicates are possible, losses
 * are not. A blocked or absent broker is back-pressure: nothing times out and nothing is dropped meanwhile.
 */
import type { ConfirmChannel, Message } from "amqplib";
import type { OutgoingMessage } from "../outbox/message.ts";
import { closeChannel } from "./close-channel.ts";
import type { EventConnection } from "./connection.ts";
import { type InFlight, type Outcome, Unconfirmed } from "./unconfirmed.ts";

export type { Outcome } from "./unconfirmed.ts";

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
  readonly #unconfirmed = new Unconfirmed<ConfirmChannel>();
  #opening = false;
  #stopped = true;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #waiting: (() => void)[] = [];

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
    this.#unconfirmed.clear();
    this.wake();
    await this.#closeChannel();
  }

  get inFlight(): number {
    return this.#unconfirmed.size;
  }

  get hasRoom(): boolean {
    const { window, windowBytes } = this.#options;
    return this.#unconfirmed.size < window && this.#unconfirmed.bytes < windowBytes;
  }

  /** Resolves when there is room again, when stopped, or at `wake`. */
  room(): Promise<void> {
    if (this.hasRoom || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Whoever waits for room goes on; that there is none yet, and whether it is still wanted, is theirs to look at. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Hands a message over; `onSettled` is called exactly once unless the publisher is stopped first. */
  publish(message: OutgoingMessage, onSettled: (outcome: Outcome) => void): void {
    const entry = this.#unconfirmed.add(message, onSettled);
    if (this.#unconfirmed.channel) this.#send(this.#unconfirmed.channel, entry);
  }

  /** For one message at a time: waits until it is settled. Rejects when the publisher is stopped meanwhile. */
  published(message: OutgoingMessage): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) reject(new Error("The publisher is stopped."));
      else this.publish(message, resolve);
    });
  }

  #send(channel: ConfirmChannel, entry: InFlight): void {
    this.#unconfirmed.sent(entry, performance.now());
    const { exchange, routingKey, content, options } = entry.message;
    try {
      channel.publish(exchange, routingKey, content, options, (error: Error | null) => {
        // All at once when the channel has closed; its 'close' event follows, with the reason.
        const answer = !error ? "ack" : error.message === "channel closed" ? "closed" : "nack";
        const meaning = this.#unconfirmed.answered(entry, channel, answer);
        if (meaning === "reopen") this.#reopen(`the broker refused a publish to ${routingKey}`);
        else if (meaning !== "ignore") this.#settle(entry, meaning);
      });
    } catch (error) {
      // amqplib refuses synchronously what it can't encode; a closed channel is found by its 'close' event.
      if (error instanceof TypeError || error instanceof RangeError) {
        this.#settle(entry, { kind: "failed", reason: error.message });
      } else if (channel === this.#unconfirmed.channel) {
        this.#reopen(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #settle(entry: InFlight, outcome: Outcome): void {
    if (!this.#unconfirmed.settle(entry)) return;
    this.#failures = 0;
    entry.onSettled(outcome);
    if (this.#waiting.length > 0 && this.hasRoom) this.wake();
  }

  #checkTimeouts(): void {
    const { connection, confirmTimeoutMs } = this.#options;
    if (!this.#unconfirmed.channel) return;
    const now = performance.now();
    if (connection.blocked || !connection.connected) this.#unconfirmed.postpone(now);
    else if (this.#unconfirmed.isOverdue(now, confirmTimeoutMs)) this.#reopen(`no confirm for ${confirmTimeoutMs} ms`);
  }

  #reopen(reason: string): void {
    if (this.#stopped || !this.#unconfirmed.channel) return;
    this.#options.logger.warn(
      `Publishing channel is re-opened: ${reason}; ${this.#unconfirmed.size} unconfirmed messages are sent again.`,
    );
    void this.#closeChannel();
    void this.#open();
  }

  async #open(): Promise<void> {
    if (this.#opening) return;
    this.#opening = true;
    try {
      while (!this.#stopped && !this.#unconfirmed.channel) await this.#tryOpen();
    } finally {
      this.#opening = false;
    }
  }

  async #tryOpen(): Promise<void> {
    if (this.#failures > 0) await backOff(this.#failures);
    this.#failures++;
    try {
      const channel = await this.#options.connection.createConfirmChannel();
      if (this.#stopped) return void closeChannel(channel);
      this.#watch(channel);
      for (const entry of this.#unconfirmed.opened(channel)) {
        if (this.#unconfirmed.channel !== channel) return;
        this.#send(channel, entry);
      }
    } catch (error) {
      if (!this.#stopped)
        this.#options.logger.warn(`No publishing channel: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }

  #watch(channel: ConfirmChannel): void {
    channel.on("return", (message: Message) => {
      this.#unconfirmed.returned(message.fields.routingKey, message.properties.messageId);
    });
    let reason = "closed by the broker";
    channel.on("error", (error: Error & { code?: number }) => {
      reason = error.message;
      // 404: the exchange is gone. Declare it again, or every publish would close the next channel as well.
      if (error.code === 404) void this.#options.connection.repair();
    });
    channel.on("close", () => {
      if (channel !== this.#unconfirmed.channel) return;
      this.#unconfirmed.closed();
      if (this.#stopped) return;
      this.#options.logger.warn(
        `Publishing channel: ${reason}; ${this.#unconfirmed.size} unconfirmed messages will be sent again.`,
      );
      void this.#open();
    });
  }

  async #closeChannel(): Promise<void> {
    const channel = this.#unconfirmed.channel;
    this.#unconfirmed.closed();
    if (channel) await closeChannel(channel);
  }
}

const backOff = (failures: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(MAX_BACKOFF_MS, 50 * 2 ** Math.min(failures, 6))));
