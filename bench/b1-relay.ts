import { performance } from "node:perf_hooks";
import type { ChangeStreamInsertDocument } from "mongodb";
import { messageOf } from "../mixins/outbox/message.ts";
import type { Relay } from "../mixins/outbox/relay.ts";
import type { OutboxRow } from "../mixins/outbox/row.ts";
import relayService from "../services/relay/relay.service.ts";
import { waitFor } from "../test/support/env.ts";
import { producerService } from "../test/support/probe-domain.ts";
import { type Bench, type Figures, figure, type Variant } from "./lib/bench.ts";
import { insertRows } from "./lib/insert-worker.ts";
import { type Lab, openLab, probeContracts, rate } from "./lib/lab.ts";
import { RawPublisher } from "./lib/raw-publish.ts";
import { outboxRows } from "./lib/rows.ts";

const ROWS = 50_000;
const WINDOW = 1_000;

export const b1: Bench = {
  id: "B1",
  title: `the relay drains ${ROWS.toLocaleString("en")} outbox rows, marks included, while they are inserted`,
  units: { rate: "events/s" },
  goals: [
    {
      name: "(a) of a raw confirmed publish",
      value: (r) => figure(r, "relay", "rate") / figure(r, "raw publish", "rate"),
      atLeast: 0.45,
    },
    {
      name: "(b) of a bare change stream -> confirmed publish",
      value: (r) => figure(r, "relay", "rate") / figure(r, "bare stream", "rate"),
      atLeast: 0.8,
    },
    {
      // Measured once on this machine: 10.9k/s where a raw publish reached 28.9k/s (performance.md).
      name: "share of a raw publish, against Debezium Server's 0.377",
      value: (r) => figure(r, "relay", "rate") / figure(r, "raw publish", "rate") / 0.377,
      atLeast: 1.5,
    },
  ],
  async open() {
    const lab = await openLab();
    const broker = await lab.world.startBroker({
      contracts: probeContracts,
      services: [producerService(), relayService],
    });
    const { relay } = broker.getLocalService("relay") as unknown as { relay: Relay };
    await relay.stop();
    await lab.bare();
    const variants: Variant[] = [
      { name: "relay", measure: () => drainByRelay(lab, relay) },
      { name: "bare stream", measure: () => drainByHand(lab) },
      { name: "raw publish", measure: () => publishRaw(lab) },
    ];
    return { variants, close: () => lab.close() };
  },
};

async function drainByRelay(lab: Lab, relay: Relay): Promise<Figures> {
  relay.start();
  await waitFor(async () => (await relay.status()).state === "holder", { message: "the lease" });
  const done = async (): Promise<boolean> => {
    const { tenure } = await relay.status();
    return tenure !== null && tenure.published >= ROWS && tenure.pending === 0;
  };
  const since = performance.now();
  const inserted = insertRows(lab.world.env.MONGO_URL, lab.database("tickets").databaseName, ROWS);
  await waitFor(done, { deadlineMs: 120_000, message: "all rows published and marked" });
  const result = rate(ROWS, since);
  await inserted;
  await relay.stop();
  const outbox = lab.database("tickets").collection("outbox");
  const unmarked = await outbox.countDocuments({ publishedAt: null });
  if (unmarked > 0) throw new Error(`${unmarked} rows were not marked.`);
  await outbox.deleteMany({});
  await lab.purge();
  return { rate: result };
}

async function drainByHand(lab: Lab): Promise<Figures> {
  const outbox = lab.database("bare").collection<OutboxRow>("outbox");
  const publisher = new RawPublisher(lab.channel, WINDOW);
  const stream = outbox.watch<OutboxRow, ChangeStreamInsertDocument<OutboxRow>>(
    [{ $match: { operationType: "insert" } }],
    { batchSize: 1_000, maxAwaitTimeMS: 1_000 },
  );
  await stream.tryNext();
  const since = performance.now();
  const inserted = insertRows(lab.world.env.MONGO_URL, lab.database("bare").databaseName, ROWS);
  for (let read = 0; read < ROWS; read++) await publisher.publish(messageOf((await stream.next()).fullDocument));
  await publisher.drained();
  const result = rate(ROWS, since);
  await Promise.all([inserted, stream.close()]);
  await outbox.deleteMany({});
  await lab.purge();
  return { rate: result };
}

async function publishRaw(lab: Lab): Promise<Figures> {
  const messages = outboxRows(ROWS).map(messageOf);
  const publisher = new RawPublisher(lab.channel, WINDOW);
  const since = performance.now();
  for (const message of messages) await publisher.publish(message);
  await publisher.drained();
  const result = rate(ROWS, since);
  await lab.purge();
  return { rate: result };
}
