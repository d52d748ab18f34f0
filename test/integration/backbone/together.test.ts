/** A handler that takes what came together: one call, one transaction, each fact with its own cause. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import amqp, { type Channel, type ChannelModel } from "amqplib";
import type { ServiceBroker } from "moleculer";
import Type from "typebox";
import { onTogether } from "../../../mixins/consumer/handler.ts";
import { domainMixin } from "../../../mixins/domain.ts";
import { defineContract, event } from "../../../mixins/kit/contracts.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { OUTBOX, type OutboxRow } from "../../../mixins/outbox/row.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { type LooseTx, type ProbePayload, producer } from "../../support/probe-domain.ts";

const LINGER_MS = 300;

interface Arrival {
  event: { eventId: string; payload: ProbePayload };
  tx: LooseTx;
}

describe("what comes together", () => {
  let world: World;
  let broker: ServiceBroker;
  let connection: ChannelModel;
  let channel: Channel;
  /** Of each call that committed or failed: the numbers that it was given. */
  let calls: number[][] = [];
  let failing: number | undefined;
  const contract = defineContract({
    service: "search",
    summary: "Keeps.",
    events: { "ticket.kept": event(Type.Object({ n: Type.Integer() })) },
    consumes: ["ticket.created"],
    actions: {},
  });
  const db = () => broker.backbone.database("search");
  const kept = () => db().collection<{ _id: string; n: number }>("kept");
  const facts = () => db().collection<OutboxRow>(OUTBOX);
  const send = (n: number): string => {
    const eventId = newId();
    publish({ eventId, n });
    return eventId;
  };
  const publish = ({ eventId, n }: { eventId: string; n: number }): void => {
    const head = { eventId, version: "v1", eventType: "ticket.created", timestamp: new Date() };
    const body = Buffer.from(JSON.stringify({ ...head, payload: { n } }));
    channel.publish("app.events", "ticket.created", body, { persistent: true });
  };
  const sendAll = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, index) => send(from + index));

  beforeAll(async () => {
    world = await createWorld();
    const handlers = onTogether(
      ["ticket.created"],
      async (arrivals) => {
        const all = arrivals as unknown as [Arrival, ...Arrival[]];
        calls.push(all.map((one) => one.event.payload.n));
        if (all.some((one) => one.event.payload.n === failing)) throw new Error("one of them is bad");
        const docs = all.map((one) => ({ _id: one.event.eventId, n: one.event.payload.n }));
        const fresh = await all[0].tx.collection<{ _id: string; n: number }>("kept").insertMissing(docs);
        const isFresh = new Set(fresh.map(({ _id }) => _id));
        for (const { event, tx } of all)
          if (isFresh.has(event.eventId)) tx.publish("ticket.kept", { n: event.payload.n });
      },
      { lingerMs: LINGER_MS },
    );
    broker = await world.startBroker({
      contracts: [producer, contract],
      services: [{ name: "search", mixins: [domainMixin({ contract, actions: [], handlers })] }],
    });
    connection = await amqp.connect(world.env.AMQP_URL);
    channel = await connection.createChannel();
  });
  afterAll(async () => {
    await connection?.close();
    await world.dispose();
  });
  beforeEach(() => {
    calls = [];
    failing = undefined;
  });

  it("is handled by few calls, and what each has caused names it", async () => {
    const sent = sendAll(100, 30);
    await waitFor(async () => (await kept().countDocuments({ n: { $gte: 100, $lt: 130 } })) === 30, {
      message: "all of them",
    });
    expect(calls.flat().sort()).toEqual(Array.from({ length: 30 }, (_, index) => 100 + index));
    expect(calls.length).toBeLessThan(10);
    const causes = (await facts().find({}).toArray()).map(({ meta }) => meta.causationId);
    expect(causes.sort()).toEqual(sent.sort());
    expect(await db().collection("inbox").countDocuments({})).toBe(30);
  });

  it("one that comes alone waits no longer than it may", async () => {
    const since = performance.now();
    send(200);
    await waitFor(() => kept().findOne({ n: 200 }), { message: "it" });
    expect(performance.now() - since).toBeGreaterThan(LINGER_MS - 10);
    expect(calls).toEqual([[200]]);
  });

  it("a bad one leaves the others alone", async () => {
    failing = 305;
    sendAll(300, 10);
    await waitFor(async () => (await kept().countDocuments({ n: { $gte: 300, $lt: 310 } })) === 9, {
      message: "the others",
    });
    expect(await kept().findOne({ n: 305 })).toBeNull();
    failing = undefined;
    await waitFor(() => kept().findOne({ n: 305 }), { message: "its next try" });
  });

  it("what is there already stays as it is, and its neighbours get through", async () => {
    const there = newId();
    await kept().insertOne({ _id: there, n: 599 });
    sendAll(500, 9);
    publish({ eventId: there, n: 509 });
    await waitFor(async () => (await db().collection("inbox").countDocuments({ eventId: there })) === 1, {
      message: "the one that is there",
    });
    await waitFor(async () => (await kept().countDocuments({ n: { $gte: 500, $lt: 509 } })) === 9, {
      message: "the others",
    });
    expect(await kept().findOne({ _id: there })).toMatchObject({ n: 599 });
    expect(await facts().countDocuments({ "meta.causationId": there })).toBe(0);
    expect(calls.filter((numbers) => numbers.includes(509)).map(({ length }) => length)).toEqual([10, 1]);
  });

  it("two copies of one event have one effect", async () => {
    const eventId = newId();
    for (let copy = 0; copy < 2; copy++) publish({ eventId, n: 400 });
    await waitFor(() => kept().findOne({ n: 400 }), { message: "its effect" });
    send(401);
    await waitFor(() => kept().findOne({ n: 401 }), { message: "the next one" });
    expect(await kept().countDocuments({ n: 400 })).toBe(1);
    expect(await facts().countDocuments({ "meta.causationId": eventId })).toBe(1);
  });
});
