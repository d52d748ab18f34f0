import { performance } from "node:perf_hooks";
import type { ChangeStreamInsertDocument } from "mongodb";
import { messageOf } from "../mixins/outbox/message.ts";
import type { Relay } from "../mixins/outbox/relay.ts";
import type { OutboxRow } from "../mixins/outbox/row.ts";
import relayService from "../services/relay/relay.service.ts";
import { waitFor } from "../test/support/env.ts";
import { producerService } from "../test/support/probe-domain.ts";
import type { Bench, Figures, Variant } from "./lib/bench.ts";
import { DEBEZIUM, DEBEZIUM_QUEUE, debeziumPeer } from "./lib/debezium.ts";
import { insertRows } from "./lib/insert-worker.ts";
import { type Lab, openLab, probeContracts, rate } from "./lib/lab.ts";
import { pollOutbox } from "./lib/polling-outbox.ts";
import { RawPublisher } from "./lib/raw-publish.ts";
import { outboxRows } from "./lib/rows.ts";
import { figure, type Round } from "./lib/summary.ts";

const ROWS = 50_000;
const WINDOW = 1_000;
/** Nobody marks them. */
const UNMARKED = { publishedAt: "none" } as const;
/** Measured once on this kind of machine: 10.9k/s where a raw publish reached 28.9k/s. */
const DEBEZIUM_SHARE = 0.377;

const ofDebezium = (r: Round): number => {
  const measured = figure(r, "Debezium Server", "rate");
  const debezium = Number.isNaN(measured) ? figure(r, "raw publish", "rate") * DEBEZIUM_SHARE : measured;
  return figure(r, "relay", "rate") / debezium;
};

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
      name: `of Debezium Server (where it was not run: of ${DEBEZIUM_SHARE} of a raw publish)`,
      value: ofDebezium,
      atLeast: 1.5,
    },
  ],
  limit:
    "mongod on two cores that are both in use: of some 185 µs of processor for each event it takes 70, RabbitMQ 50, Node " +
    "60 (the inserting worker among them). A mark costs mongod 25 µs, and twice that while a change stream waits at the " +
    "end of the oplog, which wakes it for every entry; without the index on publishedAt it would be 16.",
  async open(options) {
    const lab = await openLab();
    const broker = await lab.world.startBroker({
      contracts: probeContracts,
      services: [producerService(), relayService],
    });
    const { relay } = broker.getLocalService("relay") as unknown as { relay: Relay };
    await relay.stop();
    await lab.bare();
    const debezium = await debeziumPeer(options, lab);
    const variants: Variant[] = [
      { name: "relay", measure: () => drainByRelay(lab, relay) },
      { name: "bare stream", measure: () => drainByHand(lab) },
      { name: "raw publish", measure: () => publishRaw(lab) },
      { name: "polling outbox, 100 ms", measure: () => drainByPolling(lab, 100) },
      { name: "polling outbox, 1 s", measure: () => drainByPolling(lab, 1_000) },
      ...(debezium.runs
        ? [{ name: "Debezium Server", measure: () => debezium.awake(() => drainByDebezium(lab)) }]
        : []),
    ];
    const close = async (): Promise<void> => {
      await debezium.close();
      await lab.close();
    };
    return { variants, notes: debezium.notes, close };
  },
};

async function drainByRelay(lab: Lab, relay: Relay): Promise<Figures> {
  relay.start();
  const outbox = lab.database("tickets").collection<OutboxRow>("outbox");
  const isDone = async (rows: number): Promise<boolean> => {
    const { tenure } = await relay.status();
    return tenure !== null && tenure.published >= rows && tenure.pending === 0;
  };
  // What the others have left in the oplog meanwhile is no part of its work.
  await outbox.insertMany(outboxRows(1));
  await waitFor(() => isDone(1), { deadlineMs: 60_000, message: "a relay that has caught up" });
  const { inserted } = await insertRows(lab.world.env.MONGO_URL, lab.database("tickets").databaseName, ROWS);
  const since = performance.now();
  await waitFor(() => isDone(ROWS + 1), { deadlineMs: 120_000, message: "all rows published and marked" });
  const result = rate(ROWS, since);
  await inserted;
  await relay.stop();
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
  const { inserted } = await insertRows(lab.world.env.MONGO_URL, lab.database("bare").databaseName, ROWS, UNMARKED);
  const since = performance.now();
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

async function drainByPolling(lab: Lab, intervalMs: number): Promise<Figures> {
  const db = lab.database("bare");
  const polling = pollOutbox(db, new RawPublisher(lab.channel, WINDOW), { intervalMs });
  const { inserted } = await insertRows(lab.world.env.MONGO_URL, db.databaseName, ROWS);
  const since = performance.now();
  await waitFor(() => polling.published() >= ROWS, { deadlineMs: 120_000, message: "all rows polled" });
  const result = rate(ROWS, since);
  await Promise.all([inserted, polling.stop()]);
  await db.collection("outbox").deleteMany({});
  await lab.purge();
  return { rate: result };
}

/** It publishes what it reads to a queue of its own; it marks nothing. */
async function drainByDebezium(lab: Lab): Promise<Figures> {
  const db = lab.database(DEBEZIUM);
  const { inserted } = await insertRows(lab.world.env.MONGO_URL, db.databaseName, ROWS, UNMARKED);
  const since = performance.now();
  const arrived = async (): Promise<boolean> => (await lab.channel.checkQueue(DEBEZIUM_QUEUE)).messageCount >= ROWS;
  await waitFor(arrived, { deadlineMs: 120_000, message: "all rows from Debezium" });
  const result = rate(ROWS, since);
  await inserted;
  await db.collection("outbox").deleteMany({});
  await lab.channel.purgeQueue(DEBEZIUM_QUEUE);
  return { rate: result };
}
