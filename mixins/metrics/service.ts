/** What every service tells: its outbox, its queues, its dead letters. */
import type { Db } from "mongodb";
import { deadLetterQueueOf, queueOf, RETRY_DELAYS_S, retryQueueOf } from "../amqp/names.ts";
import type { Backbone } from "../backbone.ts";
import { MAX_TIME_MS } from "../mongo/client.ts";
import { OUTBOX, type OutboxRow, WAITS_SINCE, waitsSince } from "../outbox/row.ts";
import { DEAD_LETTERS } from "../retry/dead-letter.ts";
import type { Metrics } from "./metrics.ts";

/** Rows that are counted at most: beyond, the number says "many" and costs no more. */
const MAX_COUNT = 100_000;

/** @returns how to end it */
export function sampleService(backbone: Backbone, service: string, consumes: boolean): () => void {
  const { metrics } = backbone;
  const db = backbone.database(service);
  const ends = [metrics.sample(() => sampleOutbox(metrics, db, service, backbone.clock()))];
  if (consumes)
    ends.push(
      metrics.sample(() => sampleQueues(backbone, service)),
      metrics.sample(() => sampleDeadLetters(metrics, db, service)),
    );
  return () => {
    for (const end of ends) end();
  };
}

async function sampleOutbox(metrics: Metrics, db: Db, service: string, now: Date): Promise<void> {
  const rows = db.collection<OutboxRow>(OUTBOX);
  const waiting = { publishedAt: null };
  const [count, oldest] = await Promise.all([
    rows.countDocuments(waiting, { limit: MAX_COUNT, maxTimeMS: MAX_TIME_MS, hint: { publishedAt: 1 } }),
    rows.findOne(waiting, { sort: { publishedAt: 1 }, projection: WAITS_SINCE, maxTimeMS: MAX_TIME_MS }),
  ]);
  metrics.set("residents.outbox.pending", count, { service });
  const age = oldest ? Math.max(0, now.getTime() - waitsSince(oldest).getTime()) / 1000 : 0;
  metrics.set("residents.outbox.oldest.seconds", age, { service });
}

async function sampleQueues({ connection, metrics }: Backbone, service: string): Promise<void> {
  const queues = [queueOf(service), ...RETRY_DELAYS_S.map((s) => retryQueueOf(service, s)), deadLetterQueueOf(service)];
  const channel = await connection.createChannel();
  // A missing queue closes the channel: the next sample opens another one.
  channel.on("error", () => {});
  for (const queue of queues) {
    const { messageCount } = await channel.checkQueue(queue);
    metrics.set("residents.queue.messages", messageCount, { queue });
  }
  await channel.close();
}

async function sampleDeadLetters(metrics: Metrics, db: Db, consumer: string): Promise<void> {
  const open = await db.collection(DEAD_LETTERS).countDocuments({ status: "open" }, { maxTimeMS: MAX_TIME_MS });
  metrics.set("residents.deadletters.open", open, { consumer });
}
