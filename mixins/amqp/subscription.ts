/**
 * A consumer of one queue that stays: it subscribes again after a lost connection, a channel closed by the broker
 * (406) and a `null` delivery (queue deleted, consumer cancelled). Deliveries know their channel, so an ack for a
 * channel that is gone is not sent to another one (the broker has given that message back already).
 */
import type { Channel, ConsumeMessage } from "amqplib";
import { closeChannel } from "./close-channel.ts";
import type { EventConnection } from "./connection.ts";

export interface Delivery {
  readonly message: ConsumeMessage;
  readonly channel: Channel;
}

export interface SubscriptionOptions {
  connection: Pick<EventConnection, "createChannel">;
  /** The queue is gone: declares it again. */
  repair: () => Promise<void>;
  queue: string;
  logger: { warn(message: string): void };
  onDelivery: (delivery: Delivery) => void;
  /** The channel is gone: the broker gives its unacked deliveries to someone else, or to us again. */
  onLost?: () => void;
}

const RETRY_MS = 1_000;

export class Subscription {
  readonly #options: SubscriptionOptions;
  #channel: Channel | undefined;
  #consumerTag: string | undefined;
  #prefetch = 1;
  #wanted = false;
  #generation = 0;
  #chain: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  /** Begins, or begins again after `pause`; resolves at once, and goes on trying until it consumes. */
  resume(prefetch: number): void {
    if (this.#wanted && this.#prefetch === prefetch) return;
    this.#wanted = true;
    this.#prefetch = prefetch;
    this.#enqueue();
  }

  /** Stops new deliveries; those that were received can still be acked. */
  async pause(): Promise<void> {
    this.#wanted = false;
    this.#generation++;
    clearTimeout(this.#retry);
    await this.#cancel();
  }

  /** Closes the channel: what is not acked goes back to the queue. */
  async close(): Promise<void> {
    await this.pause();
    const channel = this.#channel;
    this.#channel = undefined;
    if (channel) await closeChannel(channel);
  }

  isLive(delivery: Delivery): boolean {
    return delivery.channel === this.#channel;
  }
  ack(delivery: Delivery): void {
    if (this.isLive(delivery)) delivery.channel.ack(delivery.message);
  }
  giveBack(delivery: Delivery): void {
    if (this.isLive(delivery)) delivery.channel.nack(delivery.message, false, true);
  }

  /** One at a time, so that two never open a channel each. */
  #enqueue(): void {
    const generation = ++this.#generation;
    this.#chain = this.#chain.then(() => this.#subscribe(generation));
  }

  async #subscribe(generation: number): Promise<void> {
    const current = (): boolean => this.#wanted && generation === this.#generation;
    if (!current()) return;
    try {
      await this.#cancel();
      const channel = this.#channel ?? (await this.#openChannel());
      if (!current()) return;
      await channel.prefetch(this.#prefetch);
      const { consumerTag } = await channel.consume(this.#options.queue, (message) =>
        this.#onMessage(message, channel),
      );
      if (current()) this.#consumerTag = consumerTag;
      else await channel.cancel(consumerTag);
    } catch (error) {
      if (!current()) return;
      this.#options.logger.warn(
        `${this.#options.queue}: can't consume yet (${error instanceof Error ? error.message : String(error)}).`,
      );
      this.#again(generation);
    }
  }

  #again(generation: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#wanted && generation === this.#generation) this.#enqueue();
    }, RETRY_MS);
  }

  async #openChannel(): Promise<Channel> {
    const channel = await this.#options.connection.createChannel();
    channel.on("error", (error: Error & { code?: number }) => {
      this.#options.logger.warn(`${this.#options.queue}: channel error (${error.message}).`);
      if (error.code === 404) void this.#options.repair();
    });
    channel.on("close", () => this.#onClosed(channel));
    this.#channel = channel;
    return channel;
  }

  #onClosed(channel: Channel): void {
    if (channel !== this.#channel) return;
    this.#channel = undefined;
    this.#consumerTag = undefined;
    this.#options.onLost?.();
    if (this.#wanted) this.#enqueue();
  }

  #onMessage(message: ConsumeMessage | null, channel: Channel): void {
    if (message) return this.#options.onDelivery({ message, channel });
    this.#options.logger.warn(`${this.#options.queue}: the broker cancelled the consumer; subscribing again.`);
    this.#consumerTag = undefined;
    if (!this.#wanted) return;
    void this.#options.repair();
    this.#again(++this.#generation);
  }

  async #cancel(): Promise<void> {
    const tag = this.#consumerTag;
    this.#consumerTag = undefined;
    // A channel that is gone has no consumer any more.
    if (tag) await this.#channel?.cancel(tag).catch(() => {});
  }
}
