import { performance } from "node:perf_hooks";
import type { ChangeStreamInsertDocument, Db } from "mongodb";
import { newId } from "../mixins/kit/ids.ts";
import { TRANSACTION } from "../mixins/mongo/client.ts";
import { messageOf } from "../mixins/outbox/message.ts";
import type { OutboxRow } from "../mixins/outbox/row.ts";
import relayService from "../services/relay/relay.service.ts";
import { waitFor } from "../test/support/env.ts";
import { consumerService, handler, type LooseTx, producerService } from "../test/support/probe-domain.ts";
import type { Bench, Figures, Goal, Variant } from "./lib/bench.ts";
import { DEBEZIUM, DEBEZIUM_QUEUE, type DebeziumPeer, debeziumPeer } from "./lib/debezium.ts";
import { type Lab, openLab, probeContracts } from "./lib/lab.ts";
import { pollOutbox } from "./lib/polling-outbox.ts";
import { RawPublisher } from "./lib/raw-publish.ts";
import { outboxRows } from "./lib/rows.ts";
import { figure, percentile } from "./lib/summary.ts";

const RATES = [100, 500];
const SECONDS = 5;
/** Not counted: the first second warms caches and connections. */
const WARM_UP_S = 1;

/** Commit time by event, and the samples, milliseconds. */
class Clockwork {
  readonly #committed = new Map<string, number>();
  readonly #arrived = new Map<string, number>();
  samples: number[] = [];
  committed(id: string): void {
    const at = this.#arrived.get(id);
    if (at === undefined) this.#committed.set(id, performance.now());
    // It can be faster than the commit's own acknowledgement.
    else if (this.#arrived.delete(id)) this.samples.push(0);
  }
  arrived(id: string): void {
    const at = this.#committed.get(id);
    if (at === undefined) this.#arrived.set(id, performance.now());
    else if (this.#committed.delete(id)) this.samples.push(performance.now() - at);
  }
}

const goals = RATES.flatMap((perSecond): Goal[] => {
  const ours = `backbone ${perSecond}/s`;
  const bare = `by hand ${perSecond}/s`;
  return [
    ...(["p50", "p99"] as const).map((metric) => ({
      name: `${metric} at ${perSecond}/s, of the one wired by hand`,
      value: (r: Parameters<Goal["value"]>[0]) => figure(r, ours, metric) / figure(r, bare, metric),
      atMost: 2,
    })),
    { name: `p50 at ${perSecond}/s, ms`, value: (r) => figure(r, ours, "p50"), atMost: 3 },
    { name: `p99 at ${perSecond}/s, ms`, value: (r) => figure(r, ours, "p99"), atMost: 10 },
  ];
});

export const b2: Bench = {
  id: "B2",
  title: "commit -> the consumer has it",
  units: { p50: "ms", p99: "ms" },
  goals,
  limit:
    "The relay adds 0.1 ms to the commit (profiled at 500/s); the rest is RabbitMQ's quorum queue and, of the backbone " +
    "alone, the inbox entry that comes before the handler: one round trip to a mongod that writes twice as much.",
  async open(options) {
    const lab = await openLab();
    const clockwork = new Clockwork();
    const seen = handler(async (event) => clockwork.arrived(event.eventId));
    const broker = await lab.world.startBroker({
      contracts: probeContracts,
      services: [producerService(), relayService, consumerService("search", [seen])],
    });
    const bare = await wireByHand(lab, clockwork);
    const store = broker.backbone.store("tickets", { actorId: "system:bench" });
    const ours = async (): Promise<string> =>
      store.inTransaction(async (tx) => {
        const payload = { n: 1, blob: "x".repeat(520) };
        const id = (tx as unknown as LooseTx).publish("ticket.created", payload, { aggregateId: newId() });
        await tx.collection("things").insertOne({ _id: id });
        return id;
      });
    const variants = RATES.flatMap((perSecond): Variant[] => [
      { name: `backbone ${perSecond}/s`, measure: () => atRate(perSecond, ours, clockwork) },
      { name: `by hand ${perSecond}/s`, measure: () => atRate(perSecond, bare.write, clockwork) },
    ]);
    variants.push(...(await pollingPeers(lab, clockwork)));
    const debezium = await debeziumPeer(options, lab);
    if (debezium.runs) variants.push(...(await debeziumVariants(lab, clockwork, debezium)));
    const close = async (): Promise<void> => {
      await debezium.close();
      await bare.close();
      await lab.close();
    };
    return { variants, notes: debezium.notes, close };
  },
};

/** Open loop: what is late does not slow down what comes after it. */
async function atRate(perSecond: number, write: () => Promise<string>, clockwork: Clockwork): Promise<Figures> {
  const total = perSecond * (SECONDS + WARM_UP_S);
  const since = performance.now();
  const writes: Promise<void>[] = [];
  clockwork.samples = [];
  while (writes.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - since) / 1000) * perSecond));
    while (writes.length < due) writes.push(write().then((id) => clockwork.committed(id)));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(writes);
  await waitFor(() => clockwork.samples.length >= total, { deadlineMs: 30_000, message: "the last events" });
  const counted = clockwork.samples.slice(perSecond * WARM_UP_S);
  return { p50: percentile(counted, 0.5), p99: percentile(counted, 0.99) };
}

/** A queue of its own that tells the clockwork, and the transaction that fills the outbox of `name`. */
async function wire(lab: Lab, clockwork: Clockwork, name: string, isMarked: boolean) {
  const db = await lab.bare(name);
  const { channel } = lab;
  const exchange = `${name}.events`;
  await channel.assertExchange(exchange, "topic", { durable: true });
  await channel.assertQueue(`${name}.q`, { durable: true, arguments: { "x-queue-type": "quorum" } });
  await channel.bindQueue(`${name}.q`, exchange, "#");
  await listen(lab, clockwork, `${name}.q`);
  return { db, exchange, write: await transactionOn(lab, db, isMarked) };
}

/** @returns how to end it */
async function listen({ channel }: Lab, clockwork: Clockwork, queue: string): Promise<() => Promise<unknown>> {
  await channel.prefetch(128);
  const { consumerTag } = await channel.consume(queue, (message) => {
    if (!message) return;
    clockwork.arrived(JSON.parse(message.content.toString()).eventId);
    channel.ack(message);
  });
  return () => channel.cancel(consumerTag);
}

/**
 * Two inserts, as a service would do by hand. Only a row that is marked needs its field, and our relay, which runs beside
 * it, looks for that field.
 */
async function transactionOn({ world }: Lab, db: Db, isMarked: boolean): Promise<() => Promise<string>> {
  await db.createCollection("things");
  return async () => {
    const [row] = outboxRows(1, { publishedAt: isMarked ? null : "none" }) as [OutboxRow];
    await world.client.withSession((session) =>
      session.withTransaction(async () => {
        await db.collection<{ _id: string }>("things").insertOne({ _id: newId() }, { session });
        await db.collection<OutboxRow>("outbox").insertOne(row, { session });
      }, TRANSACTION),
    );
    return row._id;
  };
}

/** The least that does the same: change stream, confirmed publish, consume, ack. */
async function wireByHand(lab: Lab, clockwork: Clockwork) {
  const { db, exchange, write } = await wire(lab, clockwork, "bare", false);
  const stream = db
    .collection<OutboxRow>("outbox")
    .watch<OutboxRow, ChangeStreamInsertDocument<OutboxRow>>([{ $match: { operationType: "insert" } }]);
  await stream.tryNext();
  const relaying = (async () => {
    for await (const { fullDocument } of stream) {
      const { routingKey, content, options } = messageOf(fullDocument);
      lab.channel.publish(exchange, routingKey, content, options, () => {});
    }
  })().catch(() => {});
  const close = async (): Promise<void> => {
    await stream.close();
    await relaying;
  };
  return { write, close };
}

/** Peers: they look only while they are measured. */
async function pollingPeers(lab: Lab, clockwork: Clockwork): Promise<Variant[]> {
  const { db, exchange, write } = await wire(lab, clockwork, "polled", true);
  const publisher = new RawPublisher(lab.channel, 1_000);
  return [100, 1_000].flatMap((intervalMs) =>
    RATES.map((perSecond) => ({
      name: `polling outbox, ${intervalMs} ms, ${perSecond}/s`,
      measure: async () => {
        const polling = pollOutbox(db, publisher, { intervalMs, exchange });
        return atRate(perSecond, write, clockwork).finally(polling.stop);
      },
    })),
  );
}

async function debeziumVariants(lab: Lab, clockwork: Clockwork, { awake }: DebeziumPeer): Promise<Variant[]> {
  const write = await transactionOn(lab, lab.database(DEBEZIUM), false);
  return RATES.map((perSecond) => ({
    name: `Debezium Server ${perSecond}/s`,
    measure: () =>
      awake(async () => {
        const end = await listen(lab, clockwork, DEBEZIUM_QUEUE);
        return atRate(perSecond, write, clockwork).finally(end);
      }),
  }));
}
