/** A broker that lost everything, and a service whose database is that of a backup: what was published is sent again. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import amqp, { type Channel, type ChannelModel } from "amqplib";
import type { ServiceBroker } from "moleculer";
import { topologyOf } from "../../../mixins/amqp/topology.ts";
import { inboxKey } from "../../../mixins/idempotency/inbox.ts";
import { createRegistry } from "../../../mixins/kit/registry.ts";
import type { OutboxRow } from "../../../mixins/outbox/row.ts";
import { ops } from "../../../services/ops/contract.ts";
import opsService from "../../../services/ops/ops.service.ts";
import { relay as relayContract } from "../../../services/relay/contract.ts";
import relayService from "../../../services/relay/relay.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { consumerContract, consumerService, handler, producer, producerService } from "../../support/probe-domain.ts";

interface Effect {
  _id: string;
  times: number;
}
interface Answer {
  to: string;
  items: { service: string; found: number; republished: number }[];
  remaining: number;
  unavailable: string[];
}

const ADMIN = {
  userId: "olga",
  sessionId: "s",
  roles: [{ role: "admin" as const, buildingId: null }],
  memberships: [],
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const moment = async (): Promise<string> => {
  // Marks are dated by the server, to the millisecond.
  await pause(20);
  const now = new Date().toISOString();
  await pause(20);
  return now;
};

describe("sending again what was published", () => {
  let world: World;
  let broker: ServiceBroker;
  let consumer: ServiceBroker;
  let connection: ChannelModel;
  let channel: Channel;

  const database = (service: string) => world.client.db(`${world.env.DB_PREFIX}_${service}`);
  const outbox = () => database("tickets").collection<OutboxRow>("outbox");
  const effects = () => database("search").collection<Effect>("effects");
  const startConsumer = (): Promise<ServiceBroker> => {
    const count = handler(
      async ({ eventId }, tx) =>
        void (await tx
          .collection<Effect>("effects")
          .updateOne({ _id: eventId }, { $inc: { times: 1 } }, { upsert: true })),
    );
    return world.startBroker({ contracts, services: [consumerService("search", [count])] });
  };
  const contracts = [producer, relayContract, consumerContract("search"), ops];
  const create = async (n: number): Promise<string> =>
    (await broker.call<{ id: string }, object>("tickets.create", { n })).id;
  const published = async (ids: readonly string[]): Promise<boolean> =>
    (await outbox().countDocuments({ _id: { $in: [...ids] }, publishedAt: { $ne: null } })) === ids.length;
  const handled = async (ids: readonly string[]): Promise<number[]> =>
    (
      await effects()
        .find({ _id: { $in: [...ids] } })
        .toArray()
    ).map(({ times }) => times);
  const once = (ids: readonly string[]): number[] => ids.map(() => 1);
  const ask = (params: object): Promise<Answer> => broker.call("ops.republish", params, { meta: { actor: ADMIN } });

  beforeAll(async () => {
    world = await createWorld({ RELAY_SWEEP_MS: 60_000 });
    broker = await world.startBroker({ contracts, services: [producerService(), relayService, opsService] });
    consumer = await startConsumer();
    connection = await amqp.connect(world.env.AMQP_URL);
    channel = await connection.createChannel();
  });
  afterAll(async () => {
    await connection.close();
    await world.dispose();
  });
  beforeEach(async () => {
    await waitFor(async () => (await channel.checkQueue("search.q")).consumerCount === 1, { message: "the consumer" });
  });

  it("a broker that lost its queues and what was in them: each event takes effect, and none twice", async () => {
    const from = await moment();
    const seen = await Promise.all([1, 2, 3].map(create));
    await waitFor(async () => (await handled(seen)).length === 3, { message: "three effects" });
    await consumer.stop();
    const lost = await Promise.all([4, 5, 6, 7].map(create));
    await waitFor(() => published([...seen, ...lost]), { message: "seven marks" });
    const to = await moment();
    for (const { name } of topologyOf(createRegistry(contracts)).queues) await channel.deleteQueue(name);
    await channel.deleteExchange("app.events");
    // Written while nothing is there: nothing of it may depend on being sent again.
    const meanwhile = await create(8);
    consumer = await startConsumer();

    expect(await ask({ from, to, dryRun: true })).toEqual({
      items: [{ service: "tickets", found: 7, republished: 0 }],
      to,
      remaining: 0,
      // In a process of its own, without a transporter between them.
      unavailable: ["search"],
    });
    expect(await outbox().countDocuments({ republish: { $exists: true } })).toBe(0);
    expect(await ask({ from, to, eventType: "ticket.closed" })).toMatchObject({ remaining: 0, items: [{ found: 0 }] });
    expect(await ask({ from, to, service: "tickets" })).toEqual({
      items: [{ service: "tickets", found: 7, republished: 7 }],
      to,
      remaining: 0,
      unavailable: [],
    });
    const all = [...seen, ...lost, meanwhile];
    await waitFor(async () => (await handled(all)).length === 8, { message: "eight effects" });
    await waitFor(() => published(all), { message: "eight marks" });
    expect(await ask({ from, to })).toMatchObject({ items: [{ found: 0 }] });
    // Whoever had seen it knows it: given the last one has been handled, the first ones were too.
    await waitFor(async () => (await channel.checkQueue("search.q")).messageCount === 0, { message: "an empty queue" });
    expect(await handled(all)).toEqual(once(all));
    expect(await outbox().findOne({ _id: lost[0] as string })).toMatchObject({ republish: { by: "olga" } });
  });

  it("a service with the database of a backup gets what has happened since", async () => {
    const before = await create(11);
    await waitFor(async () => (await handled([before])).length === 1 && (await published([before])), {
      message: "the first effect",
    });
    const from = await moment();
    const since = await Promise.all([12, 13, 14].map(create));
    await waitFor(async () => (await handled(since)).length === 3, { message: "the other effects" });
    await waitFor(() => published([before, ...since]), { message: "four marks" });
    const to = await moment();
    // As of the moment `from`.
    await effects().deleteMany({ _id: { $in: since } });
    await database("search")
      .collection<{ _id: string }>("inbox")
      .deleteMany({ _id: { $in: since.map((id) => inboxKey("search", id)) } });
    expect(await ask({ from, to })).toMatchObject({ items: [{ found: 3, republished: 3 }], remaining: 0 });
    await waitFor(async () => (await handled(since)).length === 3, { message: "the effects, again" });
    expect(await handled([before, ...since])).toEqual(once([before, ...since]));
  });

  it.each([
    ["an end in the future", { from: "2026-01-01T00:00:00Z", to: "2999-01-01T00:00:00Z" }, 422, /not be in the future/],
    ["an end before the beginning", { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }, 422, /before to/],
    ["what the inboxes have forgotten", { from: "2020-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z" }, 422, /30 days/],
    ["no beginning", { to: "2026-01-01T00:00:00Z" }, 422, /from/],
    [
      "a service that has no outbox",
      { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", service: "nobody" },
      404,
      /nobody/,
    ],
  ])("refuses %s, and says why", async (_, params, status, message) => {
    await expect(ask(params)).rejects.toMatchObject({ status, message: expect.stringMatching(message) });
  });

  it("ends at the moment of the question, where no end is given, and tells it", async () => {
    const id = await create(21);
    await waitFor(() => published([id]), { message: "the mark" });
    const asked = Date.now();
    const { items, to } = await ask({ from: new Date(asked - 60_000).toISOString(), dryRun: true });
    expect(items[0]?.found).toBeGreaterThan(0);
    expect(Date.parse(to)).toBeGreaterThanOrEqual(asked);
  });

  it("asks for administrators, and for somebody at all", async () => {
    const interval = { from: new Date(Date.now() - 60_000).toISOString(), to: new Date().toISOString() };
    const nobody = { ...ADMIN, roles: [] };
    await expect(broker.call("ops.republish", interval, { meta: { actor: nobody } })).rejects.toMatchObject({
      status: 403,
    });
    await expect(broker.call("tickets.republishOutbox", interval)).rejects.toMatchObject({ status: 401 });
  });
});
