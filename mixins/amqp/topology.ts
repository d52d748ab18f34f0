/**
 * The whole topology, computed from the registry of contracts (pure) and asserted on a channel by every node before
 * anything is published, so that no event is lost because its consumer has not been started yet.
 */
import type { ChannelModel, Options } from "amqplib";
import type { Registry } from "../kit/registry.ts";
import { DELIVERY_LIMIT, deadLetterQueueOf, EVENTS_EXCHANGE, queueOf, RETRY_DELAYS_S, retryQueueOf } from "./names.ts";

export interface QueueSpec {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string | number>>;
}
export interface BindingSpec {
  readonly queue: string;
  readonly pattern: string;
}
export interface Topology {
  readonly exchange: string;
  readonly queues: readonly QueueSpec[];
  readonly bindings: readonly BindingSpec[];
}

/** Dead-lettering through the default exchange, at least once: nothing is dropped when the target is not reachable. */
const deadLetterTo = (queue: string) => ({
  "x-dead-letter-exchange": "",
  "x-dead-letter-routing-key": queue,
  "x-dead-letter-strategy": "at-least-once",
  "x-overflow": "reject-publish",
});

/** Six queues a consuming service: its queue, one retry queue per delay, its dead letters. */
export function queuesOf(service: string): QueueSpec[] {
  const quorum = { "x-queue-type": "quorum" };
  return [
    { name: deadLetterQueueOf(service), arguments: quorum },
    {
      name: queueOf(service),
      arguments: { ...quorum, "x-delivery-limit": DELIVERY_LIMIT, ...deadLetterTo(deadLetterQueueOf(service)) },
    },
    ...RETRY_DELAYS_S.map((seconds) => ({
      name: retryQueueOf(service, seconds),
      arguments: { ...quorum, "x-message-ttl": seconds * 1000, ...deadLetterTo(queueOf(service)) },
    })),
  ];
}

export function topologyOf(registry: Registry): Topology {
  const consuming = registry.contracts.filter((contract) => contract.consumes.length > 0);
  return {
    exchange: EVENTS_EXCHANGE,
    queues: consuming.flatMap((contract) => queuesOf(contract.service)),
    bindings: consuming.flatMap((contract) =>
      contract.consumes.map((pattern) => ({ queue: queueOf(contract.service), pattern })),
    ),
  };
}

/** An existing queue or exchange has other arguments: nothing is deleted, the start stops. */
export class TopologyMismatchError extends Error {
  constructor(name: string, difference: string) {
    super(
      `${name} exists with other arguments (${difference}). Remedy: stop its publishers, let it drain, delete it only when it is empty ` +
        `(rabbitmqctl delete_queue ${name} --if-empty --vhost <vhost>), then start again. Nothing was changed.`,
    );
    this.name = "TopologyMismatchError";
  }
}

/** Declares everything; declaring what is already there changes nothing. Throws TopologyMismatchError on a conflict. */
export async function assertTopology(model: ChannelModel, topology: Topology): Promise<void> {
  const channel = await model.createChannel();
  // The reason of a closed channel reaches the pending call too; without a listener it would be an uncaught 'error'.
  channel.on("error", () => {});
  const declare = async (name: string, call: () => Promise<unknown>): Promise<void> => {
    try {
      await call();
    } catch (error) {
      throw mismatch(name, error);
    }
  };
  // Pipelined: one round trip per queue would cost seconds at a first start.
  await Promise.all(
    topology.queues.map((queue) => declare(queue.name, () => channel.assertQueue(queue.name, asOptions(queue)))),
  );
  // Last, and its bindings at once: whoever publishes to it meanwhile reaches the queues that are bound already only.
  await declare(topology.exchange, () => channel.assertExchange(topology.exchange, "topic", { durable: true }));
  await Promise.all(
    topology.bindings.map(({ queue, pattern }) => channel.bindQueue(queue, topology.exchange, pattern)),
  );
  await channel.close();
}

const asOptions = (queue: QueueSpec): Options.AssertQueue => ({ durable: true, arguments: { ...queue.arguments } });

/** RabbitMQ says: PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'a' in vhost 'b': received ... */
function mismatch(name: string, error: unknown): unknown {
  const text = error instanceof Error ? error.message : String(error);
  const found =
    /inequivalent arg '([^']+)' for (?:queue|exchange) '([^']+)'.*?: (received .*?current is .*?)(?:"|$)/.exec(text);
  if (!found) return text.includes("PRECONDITION_FAILED") ? new TopologyMismatchError(name, text) : error;
  return new TopologyMismatchError(found[2] ?? name, `${found[1]}: ${found[3]?.trim()}`);
}
