/** A RabbitMQ as far as the backbone sees it: queues that keep what they took, channels that die, confirms, returns. */

import {
  DELIVERY_LIMIT,
  deadLetterQueueOf,
  EVENTS_EXCHANGE,
  queueOf,
  RETRY_DELAYS_S,
  retryQueueOf,
} from "../mixins/amqp/names.ts";
import type { OutgoingMessage } from "../mixins/outbox/message.ts";

export interface Stored {
  message: OutgoingMessage;
  /** Deliveries without an ack. */
  deliveryCount: number;
  /** The channel that holds it; undefined: ready. */
  heldBy: object | undefined;
}

/** What the broker tells the client of a publishing channel, in order. */
export type Told = { kind: "return"; message: OutgoingMessage } | { kind: "ack" | "nack"; tag: object };

export interface PublishChannel {
  /** On the way to the broker. */
  toBroker: { message: OutgoingMessage; tag: object }[];
  toClient: Told[];
  open: boolean;
}

export class Broker {
  readonly queues = new Map<string, Stored[]>();
  /** Are the service queues bound to the exchange? */
  bound = true;
  /** Told of every message that a queue takes. */
  readonly onArrival: (queue: string, message: OutgoingMessage) => void;
  /** Told of every confirm that says "routed". */
  readonly onConfirmed: (message: OutgoingMessage) => void;
  readonly #services: readonly string[];

  constructor(services: readonly string[], watch: Pick<Broker, "onArrival" | "onConfirmed">) {
    this.#services = services;
    this.onArrival = watch.onArrival;
    this.onConfirmed = watch.onConfirmed;
    for (const service of services) {
      const names = [
        queueOf(service),
        deadLetterQueueOf(service),
        ...RETRY_DELAYS_S.map((s) => retryQueueOf(service, s)),
      ];
      for (const name of names) this.queues.set(name, []);
    }
  }

  queue(name: string): Stored[] {
    return this.queues.get(name) as Stored[];
  }

  /** Takes the next message of a channel. `fault`: a nack, after some or none of the queues took it. */
  take(channel: PublishChannel, fault: "none" | "nack" | "nack after routing"): void {
    const next = channel.toBroker.shift();
    if (!next) return;
    const { message, tag } = next;
    const targets = this.#targets(message);
    if (fault !== "nack") for (const name of targets) this.#arrive(name, message);
    if (targets.length === 0 && message.options.mandatory) channel.toClient.push({ kind: "return", message });
    if (fault === "none" && targets.length > 0) this.onConfirmed(message);
    channel.toClient.push({ kind: fault === "none" ? "ack" : "nack", tag });
  }

  #targets({ exchange, routingKey }: OutgoingMessage): string[] {
    if (exchange === EVENTS_EXCHANGE) return this.bound ? this.#services.map(queueOf) : [];
    return this.queues.has(routingKey) ? [routingKey] : [];
  }

  #arrive(name: string, message: OutgoingMessage): void {
    this.queue(name).push({ message, deliveryCount: 0, heldBy: undefined });
    this.onArrival(name, message);
  }

  /** Whatever it sent may or may not have arrived before the end. */
  close(channel: PublishChannel, arrived: number): void {
    for (let n = 0; n < arrived && channel.toBroker.length > 0; n++) this.take(channel, "none");
    channel.open = false;
    channel.toBroker = [];
    channel.toClient = [];
  }

  /** Gives back all that a consumer's channel held. */
  requeue(channel: object): void {
    for (const [name, messages] of this.queues) {
      for (const stored of messages.filter(({ heldBy }) => heldBy === channel)) this.giveBack(name, stored);
    }
  }

  giveBack(name: string, stored: Stored): void {
    stored.heldBy = undefined;
    stored.deliveryCount++;
    if (stored.deliveryCount <= DELIVERY_LIMIT) return;
    this.remove(name, stored);
    const service = name.slice(0, -".q".length);
    if (this.#services.includes(service)) this.#arrive(deadLetterQueueOf(service), stored.message);
  }

  remove(name: string, stored: Stored): void {
    const messages = this.queue(name);
    const at = messages.indexOf(stored);
    if (at !== -1) messages.splice(at, 1);
  }

  /** A delay of a retry queue has passed. */
  expire(name: string): void {
    const stored = this.queue(name).shift();
    if (stored) this.#arrive(queueOf(name.split(".", 1)[0] as string), stored.message);
  }
}
