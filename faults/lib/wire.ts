/** A queue beside the consumers' own, bound to everything: what has really been on the wire, and how often. */
import amqp from "amqplib";
import { EVENTS_EXCHANGE } from "../../mixins/amqp/names.ts";

const QUEUE = "faults.wire";

export class Wire {
  readonly #url: string;
  readonly #counts = new Map<string, number>();

  private constructor(url: string) {
    this.#url = url;
  }

  static async open(url: string): Promise<Wire> {
    const wire = new Wire(url);
    await wire.#use(async (channel) => {
      await channel.assertExchange(EVENTS_EXCHANGE, "topic", { durable: true });
      await channel.assertQueue(QUEUE, { durable: true, arguments: { "x-queue-type": "quorum" } });
      await channel.bindQueue(QUEUE, EVENTS_EXCHANGE, "#");
    });
    return wire;
  }

  /** Copies of each event, by eventId, since it was opened. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    await this.#use(async (channel) => {
      let left = (await channel.checkQueue(QUEUE)).messageCount;
      if (left === 0) return;
      const { promise: all, resolve } = Promise.withResolvers<void>();
      const onMessage = (message: amqp.ConsumeMessage | null): void => {
        if (left === 0) return;
        const id = String(message?.properties.messageId);
        this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
        // Acked one by one: what arrives between the last one and the end stays in the queue.
        if (message) channel.ack(message);
        if (--left === 0) resolve();
      };
      await channel.prefetch(500);
      await channel.consume(QUEUE, onMessage);
      await all;
    });
    return this.#counts;
  }

  /** Copies beyond the first, of all events. */
  async duplicates(): Promise<number> {
    return [...(await this.counts()).values()].reduce((sum, count) => sum + count - 1, 0);
  }

  async close(): Promise<void> {
    this.#counts.clear();
  }

  async #use(work: (channel: amqp.Channel) => Promise<void>): Promise<void> {
    const connection = await amqp.connect(this.#url, { noDelay: true });
    try {
      await work(await connection.createChannel());
    } finally {
      await connection.close();
    }
  }
}
