import { performance } from "node:perf_hooks";
import { newId } from "../mixins/kit/ids.ts";
import { TRANSACTION } from "../mixins/mongo/client.ts";
import type { OutboxRow } from "../mixins/outbox/row.ts";
import { type LooseTx, producerService } from "../test/support/probe-domain.ts";
import type { Bench, Figures, Variant } from "./lib/bench.ts";
import { openLab, probeContracts, rate } from "./lib/lab.ts";
import { outboxRows } from "./lib/rows.ts";
import { figure } from "./lib/summary.ts";

const TRANSACTIONS = 4_000;
const AT_ONCE = 16;

export const b3: Bench = {
  id: "B3",
  title: "a transaction with one business write and one event",
  units: { rate: "transactions/s" },
  goals: [
    {
      name: "of a driver transaction with two inserts",
      value: (r) => figure(r, "inTransaction", "rate") / figure(r, "driver", "rate"),
      atLeast: 0.9,
    },
  ],
  async open() {
    const lab = await openLab();
    const broker = await lab.world.startBroker({ contracts: probeContracts, services: [producerService()] });
    const { client } = broker.backbone;
    const bare = client.db((await lab.bare()).databaseName);
    await bare.createCollection("things");
    const store = broker.backbone.store("tickets", { actorId: "system:bench", correlationId: "bench" });
    const thing = () => ({ _id: newId(), name: "a thing", blob: "y".repeat(200) });
    const payload = { n: 1, blob: "x".repeat(520) };
    const ours = () =>
      store.inTransaction(async (tx) => {
        await tx.collection("things").insertOne(thing());
        (tx as unknown as LooseTx).publish("ticket.created", payload, { aggregateId: "1" });
      });
    const byDriver = () =>
      client.withSession((session) =>
        session.withTransaction(async () => {
          await bare.collection<{ _id: string }>("things").insertOne(thing(), { session });
          await bare.collection<OutboxRow>("outbox").insertOne(outboxRows(1)[0] as OutboxRow, { session });
        }, TRANSACTION),
      );
    const variants: Variant[] = [
      { name: "inTransaction", measure: () => many(ours) },
      { name: "driver", measure: () => many(byDriver) },
    ];
    return { variants, close: () => lab.close() };
  },
};

async function many(one: () => Promise<unknown>): Promise<Figures> {
  const since = performance.now();
  let left = TRANSACTIONS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { rate: rate(TRANSACTIONS, since) };
}
