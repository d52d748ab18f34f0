/** Random messages on the queues of the real consumers: each has to end as handled or as a dead letter, and nothing falls over. */
import amqp from "amqplib";
import fc from "fast-check";
import { deadLetterQueueOf, queueOf, RETRY_DELAYS_S, retryQueueOf } from "../mixins/amqp/names.ts";
import { INBOX, inboxKey } from "../mixins/idempotency/inbox.ts";
import type { Registry } from "../mixins/kit/registry.ts";
import { DEAD_LETTERS } from "../mixins/retry/dead-letter.ts";
import { incomingOf } from "../mixins/retry/incoming.ts";
import type { World } from "../test/support/cluster.ts";
import { waitFor } from "../test/support/env.ts";
import { type FuzzMessage, messages } from "./messages.ts";

export interface ConsumerReport {
  cases: number;
  handled: number;
  deadLetters: number;
  /** Neither handled nor a dead letter: service and id. */
  lost: string[];
}

interface Sent {
  service: string;
  /** Of the dead letter that it would become. */
  deadLetterId: string;
  eventId: string | null;
}

export interface ConsumerOptions {
  world: World;
  registry: Registry;
  cases: number;
  seed: number;
  onSent?: (sent: number) => void;
}

const CHUNK = 500;
/** All retries one after the other take 15 s. */
const LEAST_MS = 120_000;
/** A case on a machine that is busy with something else. */
const CASE_MS = 20;

export async function fuzzConsumer({ world, registry, cases, seed, onSent }: ConsumerOptions): Promise<ConsumerReport> {
  const services = registry.contracts.filter(({ consumes }) => consumes.length > 0).map(({ service }) => service);
  const connection = await amqp.connect(world.env.AMQP_URL);
  try {
    const channel = await connection.createConfirmChannel();
    // What is lost with them rejects by itself.
    for (const one of [connection, channel]) one.on("error", () => {});
    const sent: Sent[] = [];
    for (let at = 0; at < cases; at += CHUNK) {
      const drawn = fc.sample(messages(registry), { seed: seed + at, numRuns: Math.min(CHUNK, cases - at) });
      for (const [place, message] of drawn.entries()) {
        const service = services[(at + place) % services.length] as string;
        sent.push(sentAs(service, message, registry));
        channel.sendToQueue(queueOf(service), message.content, {
          ...message.properties,
          headers: message.headers,
          persistent: true,
        });
      }
      await channel.waitForConfirms();
      if (sent.length % 10_000 === 0) onSent?.(sent.length);
    }
    const deadlineMs = LEAST_MS + cases * CASE_MS;
    await waitFor(() => isQuiet(channel, services), { deadlineMs, message: "empty queues" });
    return await settle(world, sent);
  } finally {
    await connection.close().catch(() => {});
  }
}

/** Names itself as the archive will name it. */
function sentAs(service: string, { content, headers, properties }: FuzzMessage, registry: Registry): Sent {
  const message = { content, fields: {}, properties: { ...properties, headers } } as unknown as amqp.ConsumeMessage;
  const { id, eventId } = incomingOf(message, service, registry, new Date());
  return { service, deadLetterId: id, eventId };
}

/** Ready and unacknowledged: a look at the depth alone would miss what a consumer holds. */
async function isQuiet(channel: amqp.Channel, services: readonly string[]): Promise<boolean> {
  for (let look = 0; look < 2; look++) {
    for (const service of services) {
      const names = [
        queueOf(service),
        deadLetterQueueOf(service),
        ...RETRY_DELAYS_S.map((s) => retryQueueOf(service, s)),
      ];
      for (const name of names) if ((await channel.checkQueue(name)).messageCount > 0) return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return true;
}

async function settle(world: World, sent: readonly Sent[]): Promise<ConsumerReport> {
  const report: ConsumerReport = { cases: sent.length, handled: 0, deadLetters: 0, lost: [] };
  const ended = async (): Promise<boolean> => {
    Object.assign(report, { handled: 0, deadLetters: 0, lost: [] });
    for (const [service, ours] of Map.groupBy(sent, (one) => one.service)) await count(world, service, ours, report);
    return report.lost.length === 0;
  };
  // What a consumer still holds is in no queue's depth: it gets some time.
  await waitFor(ended, { deadlineMs: 60_000, message: "an end for each message" }).catch(() => {});
  return report;
}

async function count(world: World, service: string, sent: readonly Sent[], report: ConsumerReport): Promise<void> {
  const db = world.client.db(`${world.env.DB_PREFIX}_${service}`);
  const ids = async (name: string, wanted: string[]): Promise<Set<string>> => {
    const found = await db
      .collection<{ _id: string }>(name)
      .find({ _id: { $in: wanted } }, { projection: { _id: 1 } })
      .toArray();
    return new Set(found.map(({ _id }) => _id));
  };
  const keyOf = ({ eventId }: Sent) => (eventId === null ? "" : inboxKey(service, eventId));
  const [handled, dead] = await Promise.all([
    ids(INBOX, sent.map(keyOf)),
    ids(
      DEAD_LETTERS,
      sent.map((one) => one.deadLetterId),
    ),
  ]);
  for (const one of sent) {
    if (handled.has(keyOf(one))) report.handled++;
    else if (dead.has(one.deadLetterId)) report.deadLetters++;
    else report.lost.push(`${service} ${one.deadLetterId}`);
  }
}
