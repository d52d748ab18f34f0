import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { relay } from "../../../services/relay/contract.ts";
import relayService from "../../../services/relay/relay.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { consumerContract, consumerService, handler, producer, producerService } from "../../support/probe-domain.ts";

describe("the outbox and its relay", () => {
  let world: World;
  let broker: ServiceBroker;
  const contracts = [producer, relay, consumerContract("search")];
  const effects = () =>
    world.client.db(`${world.env.DB_PREFIX}_search`).collection<{ _id: string; n: number }>("effects");
  const outbox = () =>
    broker.backbone.database("tickets").collection<{ _id: string; publishedAt: Date | null; epoch: number }>("outbox");
  const things = () => broker.backbone.database("tickets").collection<{ _id: string }>("things");

  beforeAll(async () => {
    world = await createWorld();
    const writeEffect = handler(
      async (event, tx) =>
        void (await tx
          .collection<{ _id: string; n: number }>("effects")
          .insertOne({ _id: event.eventId, n: event.payload.n })),
    );
    broker = await world.startBroker({
      contracts,
      services: [producerService(), relayService, consumerService("search", [writeEffect])],
    });
  });
  afterAll(() => world.dispose());

  it("delivers a committed fact to its consumer and marks the row as published", async () => {
    const { id } = (await broker.call("tickets.create", { n: 1 })) as { id: string };
    const effect = await waitFor(() => effects().findOne({ _id: id }), { message: "the effect" });
    expect(effect.n).toBe(1);
    const row = await waitFor(() => outbox().findOne({ _id: id, publishedAt: { $ne: null } }), { message: "the mark" });
    expect(row.epoch).toBeGreaterThan(0);
  });

  it("leaves neither the business document nor the fact when the transaction fails after both writes", async () => {
    await expect(broker.call("tickets.create", { n: 2, failAfterWrite: true })).rejects.toThrow("after the write");
    expect(await outbox().countDocuments({ "meta.aggregateId": "2" })).toBe(0);
    const rows = await outbox()
      .find({}, { projection: { _id: 1 } })
      .toArray();
    expect(await things().countDocuments({})).toBe(rows.length);
  });

  it("refuses a payload over 256 KiB at the write with a 413, and writes nothing", async () => {
    const before = await outbox().countDocuments({});
    const failing = broker.call("tickets.create", { n: 3, blob: "x".repeat(257 * 1024) });
    await expect(failing).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE", status: 413 });
    expect(await outbox().countDocuments({})).toBe(before);
    expect(await things().countDocuments({})).toBe(before);
  });

  it("delivers 500 concurrent facts exactly once each", async () => {
    const ids = await Promise.all(
      Array.from({ length: 500 }, async (_, n) => ((await broker.call("tickets.create", { n })) as { id: string }).id),
    );
    await waitFor(async () => (await effects().countDocuments({ _id: { $in: ids } })) === 500, {
      message: "500 effects",
      deadlineMs: 30_000,
    });
    await waitFor(async () => (await outbox().countDocuments({ publishedAt: null })) === 0, { message: "every mark" });
  });

  it("sends a row that the live path never saw, by the sweep", async () => {
    const { id } = (await broker.call("tickets.create", { n: 7 })) as { id: string };
    await waitFor(() => effects().findOne({ _id: id }), { message: "the first effect" });
    await waitFor(() => outbox().findOne({ _id: id, publishedAt: { $ne: null } }), { message: "the mark" });
    // As if it had been written before the relay's token: an update is no insert, so only the sweep finds it.
    await outbox().updateOne({ _id: id }, { $set: { publishedAt: null } });
    await waitFor(() => outbox().findOne({ _id: id, publishedAt: { $ne: null } }), { message: "the sweep's mark" });
    expect(await effects().countDocuments({ _id: id })).toBe(1);
  });

  describe("works of one group", () => {
    interface Counter {
      _id: string;
      value: number;
    }
    const next = async (tx: Tx, key: string): Promise<number> => {
      const counter = await tx
        .collection<Counter>("counters")
        .findOneAndUpdate({ _id: key }, { $inc: { value: 1 } }, { upsert: true });
      return (counter as Counter).value;
    };
    const store = () => broker.backbone.store("tickets" as never, { correlationId: "c", actorId: "a" });

    it("commit together, each with its own result, in the order in which they came", async () => {
      const sessions = new Set<unknown>();
      const one = (n: number) =>
        store().inTransaction(
          async (tx) => {
            sessions.add(tx.session);
            return [n, await next(tx, "together")];
          },
          { group: "together" },
        );
      const results = await Promise.all(Array.from({ length: 50 }, (_, n) => one(n)));
      expect(results).toEqual(Array.from({ length: 50 }, (_, n) => [n, n + 1]));
      // The first alone, 25, and the rest; some more where all is slow.
      expect(sessions.size).toBeLessThanOrEqual(10);
    });

    it("that are slow are not late for their neighbours' sake", async () => {
      const one = (n: number) =>
        store().inTransaction(
          async (tx) => {
            const value = await next(tx, "slow");
            await new Promise((resolve) => setTimeout(resolve, 500));
            return [n, value];
          },
          { group: "slow" },
        );
      // All of them in one transaction would take longer than one may.
      const results = await Promise.all(Array.from({ length: 12 }, (_, n) => one(n)));
      expect(results).toEqual(Array.from({ length: 12 }, (_, n) => [n, n + 1]));
    });

    it("fail each for itself, and leave no hole", async () => {
      const one = (n: number) =>
        store().inTransaction(
          async (tx) => {
            const value = await next(tx, "apart");
            if (n % 3 === 0) throw new Error(`work ${n}`);
            return value;
          },
          { group: "apart" },
        );
      const results = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => one(n)));
      const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason.message] : []));
      expect(refused).toEqual(["work 0", "work 3", "work 6", "work 9"]);
      const values = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(values).toEqual([1, 2, 3, 4, 5, 6]);
    });
  });
});
