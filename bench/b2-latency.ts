import { performance } from "node:perf_hooks";
import type { ChangeStreamInsertDocument } from "mongodb";
import { newId } from "../mixins/kit/ids.ts";
import { TRANSACTION } from "../mixins/mongo/client.ts";
import { messageOf } from "../mixins/outbox/message.ts";
import type { OutboxRow } from "../mixins/outbox/row.ts";
import relayService from "../services/relay/relay.service.ts";
import { waitFor } from "../test/support/env.ts";
import { consumerService, handler, type LooseTx, producerService } from "../test/support/probe-domain.ts";
import { type Bench, type Figures, figure, type Goal, percentile, type Variant } from "./lib/bench.ts";
import { openLab, probeContracts } from "./lib/lab.ts";
import { outboxRows } from "./lib/rows.ts";

const RATES = [100, 500];
const SECONDS = 6;
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
  async open() {
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
        const id = (tx as unknown as LooseTx).publish("ticket.created", payload, { aggregateId: "1" });
        await tx.collection("things").insertOne({ _id: id });
        return id;
      });
    const variants = RATES.flatMap((perSecond): Variant[] => [
      { name: `backbone ${perSecond}/s`, measure: () => atRate(perSecond, ours, clockwork) },
      { name: `by hand ${perSecond}/s`, measure: () => atRate(perSecond, bare.write, clockwork) },
    ]);
    const close = async (): Promise<void> => {
      await bare.close();
      await lab.close();
    };
    return { variants, close };
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

/** The least that does the same: transaction of two inserts, change stream, confirmed publish, consume, ack. */
async function wireByHand(lab: Awaited<ReturnType<typeof openLab>>, clockwork: Clockwork) {
  const db = await lab.bare();
  await db.createCollection("things");
  const outbox = db.collection<OutboxRow>("outbox");
  const { channel } = lab;
  const queue = "bare.q";
  await channel.assertExchange("bare.events", "topic", { durable: true });
  await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
  await channel.bindQueue(queue, "bare.events", "#");
  await channel.prefetch(128);
  await channel.consume(queue, (message) => {
    if (!message) return;
    clockwork.arrived(JSON.parse(message.content.toString()).eventId);
    channel.ack(message);
  });
  const stream = outbox.watch<OutboxRow, ChangeStreamInsertDocument<OutboxRow>>([
    { $match: { operationType: "insert" } },
  ]);
  await stream.tryNext();
  const relaying = (async () => {
    for await (const { fullDocument } of stream) {
      const { routingKey, content, options } = messageOf(fullDocument);
      channel.publish("bare.events", routingKey, content, options, () => {});
    }
  })().catch(() => {});
  const write = async (): Promise<string> => {
    const [row] = outboxRows(1) as [OutboxRow];
    await lab.world.client.withSession((session) =>
      session.withTransaction(async () => {
        await db.collection<{ _id: string }>("things").insertOne({ _id: newId() }, { session });
        await outbox.insertOne(row, { session });
      }, TRANSACTION),
    );
    return row._id;
  };
  const close = async (): Promise<void> => {
    await stream.close();
    await relaying;
  };
  return { write, close };
}
