import { performance } from "node:perf_hooks";
import amqp from "amqplib";
import type { Consumer } from "../mixins/consumer/consumer.ts";
import { TRANSACTION } from "../mixins/mongo/client.ts";
import { messageOf } from "../mixins/outbox/message.ts";
import { waitFor } from "../test/support/env.ts";
import { consumerService, handler } from "../test/support/probe-domain.ts";
import type { Bench, Figures, Variant } from "./lib/bench.ts";
import { type Lab, openLab, probeContracts, QUEUE, rate } from "./lib/lab.ts";
import { RawPublisher } from "./lib/raw-publish.ts";
import { outboxRows } from "./lib/rows.ts";
import { figure } from "./lib/summary.ts";

const MESSAGES = 8_000;
const BARE_PREFETCH = 32;
const DURABLE = { writeConcern: { w: "majority", journal: true } } as const;
type Effect = { _id: string; n: number };

export const b4: Bench = {
  id: "B4",
  title: `a consumer with inbox, ${MESSAGES.toLocaleString("en")} messages, the handler writes one document`,
  units: { rate: "messages/s" },
  goals: [
    {
      name: "one message to a transaction, of a bare consumer that does the same",
      value: (r) => figure(r, "consumer", "rate") / figure(r, "by hand", "rate"),
      atLeast: 0.9,
    },
    {
      name: "several messages to a transaction, of the bare one",
      value: (r) => figure(r, "consumer, batched", "rate") / figure(r, "by hand", "rate"),
      atLeast: 2,
    },
  ],
  async open() {
    const lab = await openLab();
    const consumers = await Promise.all([startConsumer(lab, false), startConsumer(lab, true)]);
    const [single, batched] = consumers;
    const variants: Variant[] = [
      { name: "consumer", measure: () => drain(lab, single) },
      { name: "consumer, batched", measure: () => drain(lab, batched) },
      { name: "by hand", measure: () => drainByHand(lab, true) },
      { name: "by hand, without an inbox", measure: () => drainByHand(lab, false) },
    ];
    return { variants, close: () => lab.close() };
  },
};

/** Stopped: `drain` starts it. */
async function startConsumer(lab: Lab, batch: boolean): Promise<Consumer> {
  const write = handler(
    async (event, tx) =>
      void (await tx.collection<Effect>("effects").insertOne({ _id: event.eventId, n: event.payload.n })),
    { batch },
  );
  const broker = await lab.world.startBroker({
    contracts: probeContracts,
    services: [consumerService("search", [write])],
  });
  const { consumer } = broker.getLocalService("search") as unknown as { consumer: Consumer };
  await consumer.stop();
  return consumer;
}

async function fill(lab: Lab): Promise<void> {
  await lab.database("search").collection("effects").deleteMany({});
  await lab.database("search").collection("inbox").deleteMany({});
  const publisher = new RawPublisher(lab.channel, 500);
  for (const row of outboxRows(MESSAGES)) await publisher.publish(messageOf(row));
  await publisher.drained();
}

async function drain(lab: Lab, consumer: Consumer): Promise<Figures> {
  await fill(lab);
  const before = consumer.counts.handled;
  const since = performance.now();
  await consumer.start();
  await waitFor(() => consumer.counts.handled - before >= MESSAGES, {
    deadlineMs: 120_000,
    message: "the last message",
  });
  const result = rate(MESSAGES, since);
  await consumer.stop();
  return { rate: result };
}

/** The least that has the same effect: claim and write in a transaction, then ack. Without the claim: a peer. */
async function drainByHand(lab: Lab, inbox: boolean): Promise<Figures> {
  await fill(lab);
  const db = lab.database("search");
  const connection = await amqp.connect(lab.world.env.AMQP_URL, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.prefetch(BARE_PREFETCH);
  let handled = 0;
  const since = performance.now();
  await channel.consume(QUEUE, (message) => {
    if (!message) return;
    const { eventId, payload } = JSON.parse(message.content.toString());
    const effect = { _id: eventId, n: payload.n };
    const work = inbox
      ? lab.world.client.withSession((session) =>
          session.withTransaction(async () => {
            const entry = { _id: `search/${eventId}`, consumer: "search", eventId, at: new Date() };
            await db.collection<{ _id: string }>("inbox").insertOne(entry, { session });
            await db.collection<Effect>("effects").insertOne(effect, { session });
          }, TRANSACTION),
        )
      : db.collection<Effect>("effects", DURABLE).insertOne(effect);
    void work.then(() => {
      channel.ack(message);
      handled++;
    });
  });
  await waitFor(() => handled >= MESSAGES, { deadlineMs: 120_000, message: "the last message" });
  const result = rate(MESSAGES, since);
  await channel.close();
  await connection.close();
  return { rate: result };
}
