import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import amqp, { type Channel, type ChannelModel } from "amqplib";
import type { ServiceBroker } from "moleculer";
import type { ConsumingService } from "../../../mixins/consumer/mixin.ts";
import { UnavailableError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { bestOfThree, waitFor } from "../../support/env.ts";
import { consumerContract, consumerService, handler, producer } from "../../support/probe-domain.ts";

interface Run {
  n: number;
  at: number;
}

describe("a consumer", () => {
  let world: World;
  let broker: ServiceBroker;
  let connection: ChannelModel;
  let channel: Channel;
  const runs: Run[] = [];
  let away = false;
  const contracts = [producer, consumerContract("search"), consumerContract("ai")];
  const db = (service: string) => world.client.db(`${world.env.DB_PREFIX}_${service}`);
  const effects = (service = "search") => db(service).collection<{ _id: string; n: number }>("effects");
  const deadLetters = () => db("search").collection("dead_letters");
  const consumer = () => (broker.getLocalService("search") as ConsumingService).consumer;

  const envelope = (n: number, more: object = {}, payload: object = {}) => ({
    eventId: newId(),
    version: "v1",
    eventType: "ticket.created",
    timestamp: new Date().toISOString(),
    payload: { n, ...payload },
    ...more,
  });
  const publish = (body: object | Buffer) =>
    channel.publish("app.events", "ticket.created", Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)), {
      persistent: true,
      correlationId: "request-1",
    });

  beforeAll(async () => {
    world = await createWorld();
    const search = handler(async (event, tx) => {
      const { n, mode } = event.payload;
      runs.push({ n, at: performance.now() });
      if (mode === "fail") throw new TypeError("does not work");
      if (mode === "once" && runs.filter((run) => run.n === n).length === 1) throw new Error("the first time only");
      if (away) throw new UnavailableError("iam is away");
      await tx.collection<{ _id: string; n: number }>("effects").insertOne({ _id: event.eventId, n });
    });
    const ai = handler(
      async (event, tx) =>
        void (await tx
          .collection<{ _id: string; n: number }>("effects")
          .insertOne({ _id: event.eventId, n: event.payload.n })),
    );
    broker = await world.startBroker({
      contracts,
      services: [consumerService("search", [search]), consumerService("ai", [ai])],
    });
    connection = await amqp.connect(world.env.AMQP_URL);
    channel = await connection.createChannel();
  });
  afterAll(async () => {
    await connection?.close();
    await world.dispose();
  });

  it("does one thing once when the same event is delivered 100 times at once", async () => {
    const event = envelope(1);
    for (let i = 0; i < 100; i++) publish(event);
    await waitFor(() => consumer().counts.duplicates === 99, { message: "99 duplicates" });
    expect(await effects().countDocuments({ n: 1 })).toBe(1);
    expect(await effects("ai").countDocuments({ n: 1 })).toBe(1);
  });

  it("leaves out what it has done before, and handles the rest of the batch together", async () => {
    const { duplicates, fallbacks, handled } = consumer().counts;
    const done = Array.from({ length: 100 }, () => envelope(11));
    for (const event of done) publish(event);
    await waitFor(() => consumer().counts.handled === handled + 100, { message: "the first time" });
    const fresh = Array.from({ length: 50 }, () => envelope(12));
    // Each old one twice, and each new one twice, among one another.
    for (const [index, event] of fresh.entries())
      for (const one of [event, done[index * 2], done[index * 2 + 1]] as object[])
        for (let i = 0; i < 2; i++) publish(one);
    await waitFor(() => consumer().counts.duplicates === duplicates + 250, { message: "250 duplicates" });
    await waitFor(() => consumer().counts.handled === handled + 150, { message: "the new ones" });
    expect(await effects().countDocuments({ n: 11 })).toBe(100);
    expect(await effects().countDocuments({ n: 12 })).toBe(50);
    expect(consumer().counts.fallbacks).toBe(fallbacks);
    expect((await channel.checkQueue("search.q")).messageCount).toBe(0);
  });

  it("tries a failing event at 0, 0, 1, 2, 4 and 8 s, then dead-letters it; another consumer sees it once", async () => {
    /** @returns by how much the latest attempt was later than half as long again as its wait, milliseconds */
    const lateness = async (index: number): Promise<number> => {
      const n = 200 + index;
      const event = envelope(n, {}, { mode: "fail" });
      publish(event);
      const letter = await waitFor(() => deadLetters().findOne({ eventId: event.eventId }), {
        message: "the dead letter",
      });
      const times = runs.filter((run) => run.n === n).map((run) => run.at);
      expect(times).toHaveLength(6);
      const late = [0, 1_000, 2_000, 4_000, 8_000].map((wantedMs, at) => {
        const gapMs = (times[at + 1] as number) - (times[at] as number);
        expect(gapMs).toBeGreaterThanOrEqual(wantedMs);
        return gapMs - 1.5 * wantedMs;
      });
      expect(letter).toMatchObject({ code: "TypeError", attempts: 6, consumer: "search" });
      expect(await effects("ai").countDocuments({ _id: event.eventId })).toBe(1);
      const { failures } = (await db("search")
        .collection<{ _id: string; failures: unknown[] }>("attempts")
        .findOne({ _id: `search/${event.eventId}` })) ?? { failures: [] };
      expect(failures).toHaveLength(6);
      return Math.max(...late);
    };
    expect(await bestOfThree(1_000, lateness)).toBeLessThanOrEqual(1_000);
  });

  it("succeeds at the second attempt without a retry queue when the first one failed", async () => {
    const { retried } = consumer().counts;
    const event = envelope(4, {}, { mode: "once" });
    publish(event);
    await waitFor(() => effects().findOne({ _id: event.eventId }), { message: "the effect" });
    expect(consumer().counts.retried).toBe(retried);
  });

  it("keeps the neighbours of a failing event flowing in the same batch", async () => {
    publish(envelope(30, {}, { mode: "fail" }));
    const good = Array.from({ length: 50 }, () => envelope(31));
    for (const event of good) publish(event);
    await waitFor(async () => (await effects().countDocuments({ n: 31 })) === 50, {
      message: "50 neighbours",
    });
  });

  it.each([
    ["NOT_JSON", () => Buffer.from("{nonsense")],
    ["NO_ENVELOPE", () => Buffer.from('{"hello":1}')],
    ["UNKNOWN_TYPE", () => Buffer.from(JSON.stringify(envelope(5, { eventType: "ticket.exploded" })))],
    ["UNKNOWN_VERSION", () => Buffer.from(JSON.stringify(envelope(5, { version: "v9" })))],
    ["CONTRACT_VIOLATED", () => Buffer.from(JSON.stringify(envelope(5, { payload: { n: "five" } })))],
    ["TOO_LARGE", () => Buffer.from(JSON.stringify(envelope(5, {}, { blob: "x".repeat(1024 * 1024) })))],
  ])("dead-letters a broken message at once: %s", async (code, body) => {
    publish(body());
    await waitFor(() => deadLetters().findOne({ code }), { message: `a dead letter ${code}` });
    const after = envelope(6);
    publish(after);
    await waitFor(() => effects().findOne({ _id: after.eventId }), { message: "the neighbour behind it" });
  });

  it("pauses while a service that it asks is away, burns no attempt, and goes on by itself", async () => {
    away = true;
    const events = Array.from({ length: 20 }, () => envelope(7));
    for (const event of events) publish(event);
    await waitFor(() => consumer().state === "paused", { message: "the pause" });
    const probes = runs.length;
    await waitFor(() => runs.length >= probes + 2, { message: "two probes" });
    away = false;
    await waitFor(async () => (await effects().countDocuments({ n: 7 })) === 20, { message: "all of them, later" });
    expect(consumer().state).toBe("running");
    const ids = events.map((event) => `search/${event.eventId}`);
    expect(
      await db("search")
        .collection<{ _id: string }>("attempts")
        .countDocuments({ _id: { $in: ids } }),
    ).toBe(0);
    const entries = await db("search")
      .collection<{ _id: string; attempt: number }>("inbox")
      .find({ _id: { $in: ids } })
      .toArray();
    expect(entries.map((entry) => entry.attempt)).toEqual(Array(20).fill(1));
  });

  it("consumes again after its channel was closed by the broker and after its queue was deleted", async () => {
    await channel.deleteQueue("search.q");
    const event = envelope(8);
    await waitFor(
      async () => {
        publish(event);
        return effects().findOne({ _id: event.eventId });
      },
      { message: "an effect after the queue came back" },
    );
  });
});
