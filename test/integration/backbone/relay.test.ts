/** The relay between a real MongoDB and a real RabbitMQ: lease, fencing, sweep, tokens, outages. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import amqp, { type Channel, type ChannelModel } from "amqplib";
import type { ServiceBroker } from "moleculer";
import { TcpProxy } from "../../../faults/lib/proxy.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { Lease } from "../../../mixins/outbox/lease.ts";
import { Marker } from "../../../mixins/outbox/marker.ts";
import type { Relay } from "../../../mixins/outbox/relay.ts";
import type { OutboxRow } from "../../../mixins/outbox/row.ts";
import { relay as relayContract } from "../../../services/relay/contract.ts";
import relayService from "../../../services/relay/relay.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { bestOfThree, waitFor } from "../../support/env.ts";
import { withFailCommand } from "../../support/fail-point.ts";
import { consumerContract, consumerService, handler, producer, producerService } from "../../support/probe-domain.ts";

const contracts = [producer, relayContract, consumerContract("search")];
const LEASE_MS = 1_000;

interface Lab {
  world: World;
  broker: ServiceBroker;
  relay: Relay;
  channel: Channel;
  create: (n: number) => Promise<string>;
  outbox: () => ReturnType<typeof outboxOf>;
  /** Effects of these events, each counted. */
  effects: (ids: readonly string[]) => Promise<number>;
  dispose: () => Promise<void>;
}

const outboxOf = (world: World) => world.client.db(`${world.env.DB_PREFIX}_tickets`).collection<OutboxRow>("outbox");
const relayOf = (broker: ServiceBroker): Relay =>
  (broker.getLocalService("relay") as unknown as { relay: Relay }).relay;

async function openLab(amqpUrl?: (world: World) => string): Promise<Lab> {
  const world = await createWorld({ RELAY_LEASE_MS: LEASE_MS, RELAY_SWEEP_MS: 1_000 });
  const write = handler(
    async (event, tx) =>
      void (await tx
        .collection<{ _id: string; n: number }>("effects")
        .insertOne({ _id: event.eventId, n: event.payload.n })),
  );
  const broker = await world.startBroker({
    contracts,
    services: [producerService(), relayService, consumerService("search", [write])],
    ...(amqpUrl && { env: { AMQP_URL: amqpUrl(world) } }),
  });
  const connection: ChannelModel = await amqp.connect(world.env.AMQP_URL);
  const channel = await connection.createChannel();
  const effects = world.client.db(`${world.env.DB_PREFIX}_search`).collection<{ _id: string }>("effects");
  return {
    world,
    broker,
    relay: relayOf(broker),
    channel,
    create: async (n) => ((await broker.call("tickets.create", { n })) as { id: string }).id,
    outbox: () => outboxOf(world),
    effects: (ids) => effects.countDocuments({ _id: { $in: [...ids] } }),
    dispose: async () => {
      await connection.close();
      await world.dispose();
    },
  };
}

const many = (count: number, one: (n: number) => Promise<string>): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => one(n)));

describe("the relay", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab.dispose());
  afterEach(() => lab.relay.start());

  const isHolder = async (): Promise<boolean> => (await lab.relay.status()).state === "holder";
  const publishedCount = async (): Promise<number> => (await lab.relay.status()).tenure?.published ?? Number.NaN;
  const published = async (ids: readonly string[]): Promise<boolean> =>
    (await lab.outbox().countDocuments({ _id: { $in: [...ids] }, publishedAt: { $ne: null } })) === ids.length;
  const leaseOf = (holder: string): Lease =>
    new Lease({ client: lab.world.client, database: `${lab.world.env.DB_PREFIX}_relay`, holder, leaseMs: LEASE_MS });

  it("starts and stops any number of times, in the middle of writes, and loses and doubles nothing", async () => {
    const writing = many(200, async (n) => {
      await new Promise((resolve) => setTimeout(resolve, n * 5));
      return lab.create(n);
    });
    for (let round = 0; round < 8; round++) {
      await lab.relay.stop();
      lab.relay.start();
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    const ids = await writing;
    await waitFor(async () => (await lab.effects(ids)) === 200, { message: "200 effects" });
    await waitFor(() => published(ids), { message: "200 marks" });
  });

  it("takes over within two lease times from a holder that says nothing any more", async () => {
    const takeover = async (n: number): Promise<number> => {
      await lab.relay.stop();
      const silent = leaseOf("a process that was killed");
      await waitFor(() => silent.acquire(), { message: "the lease" });
      const id = await lab.create(n);
      const since = performance.now();
      lab.relay.start();
      await waitFor(isHolder, { message: "the takeover" });
      const tookMs = performance.now() - since;
      expect(tookMs).toBeGreaterThan(LEASE_MS / 2);
      await waitFor(async () => (await lab.effects([id])) === 1, { message: "the effect" });
      return tookMs;
    };
    expect(await bestOfThree(2 * LEASE_MS, takeover)).toBeLessThanOrEqual(2 * LEASE_MS);
  });

  it("fences a holder that slept: it can't renew, save a token, or change a mark of the next epoch", async () => {
    await lab.relay.stop();
    const sleeper = leaseOf("sleeper");
    await waitFor(() => sleeper.acquire(), { message: "the lease" });
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 50));
    expect(sleeper.valid).toBe(false);
    const next = leaseOf("next");
    const token = { _data: "a token of the next holder" };
    expect(await next.acquire()).toBeTruthy();
    expect(await next.renew(token)).toBe(true);
    expect(next.epoch).toBe(sleeper.epoch + 1);

    const row = {
      _id: newId(),
      eventType: "ticket.created",
      publishedAt: null,
      epoch: next.epoch,
    } as unknown as OutboxRow;
    await lab.outbox().insertOne(row);
    expect(await sleeper.renew({ _data: "a stale token" })).toBe(false);
    // Even a marker that does not know yet that its lease has gone.
    const marked = await new Promise<boolean>((resolve) => {
      const { client } = lab.world;
      const marker = new Marker({ client, epoch: () => sleeper.epoch, mayWrite: () => true, onError: () => {} });
      const outcome = { kind: "routed" } as const;
      marker.add({ database: lab.outbox().dbName, id: row._id, outcome, onMarked: () => resolve(true) });
    });
    expect(marked).toBe(true);
    expect(await lab.outbox().findOne({ _id: row._id })).toMatchObject({ publishedAt: null, epoch: next.epoch });
    expect(await next.acquire()).toEqual({ token });
    await lab.outbox().deleteOne({ _id: row._id });
    await next.forgetToken();
    await next.release();
  });

  it("goes on after its lease had lapsed for a moment and was renewed too late", async () => {
    await waitFor(isHolder, { message: "the lease" });
    const namespace = `${lab.world.env.DB_PREFIX}_relay.leases`;
    const late = { blockConnection: true as const, blockTimeMS: LEASE_MS * 0.85, namespace };
    const block = { failCommands: ["update"], appName: lab.broker.nodeID, ...late };
    const ids: string[] = [];
    await withFailCommand(lab.world.client, { times: 1 }, block, async () => {
      for (let n = 0; n < 40; n++) {
        ids.push(await lab.create(n));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    await waitFor(() => published(ids), { message: "all facts published" });
  });

  it("marks what no queue wants, and sends it when a binding appears", async () => {
    await waitFor(isHolder, { message: "the lease" });
    await lab.channel.unbindQueue("search.q", "app.events", "ticket.created");
    const ids = await many(5, lab.create);
    const unroutable = () =>
      lab.outbox().countDocuments({ _id: { $in: ids }, publishedAt: null, unroutable: { $exists: true } });
    await waitFor(async () => (await unroutable()) === 5, { message: "five marks" });
    const status = (await lab.broker.call("relay.status")) as { tenure: { returned: number } };
    expect(status.tenure.returned).toBeGreaterThanOrEqual(5);
    await lab.channel.bindQueue("search.q", "app.events", "ticket.created");
    await waitFor(async () => (await lab.effects(ids)) === 5, { message: "the effects" });
    await waitFor(() => published(ids), { message: "the marks" });
    expect(await unroutable()).toBe(0);
  });

  it("marks a row that can never be sent as failed, with the reason, and the next ones flow", async () => {
    const meta = { correlationId: "x".repeat(300) };
    const broken = {
      _id: newId(),
      eventId: newId(),
      eventType: "ticket.created",
      version: "v1" as const,
      timestamp: new Date(),
      body: "{}",
      meta,
      publishedAt: null,
    };
    await lab.outbox().insertOne(broken);
    const id = await lab.create(3);
    const row = await waitFor(() => lab.outbox().findOne({ _id: broken._id, failed: { $exists: true } }), {
      message: "the mark",
    });
    expect(row).toMatchObject({ publishedAt: null, failed: { reason: expect.stringMatching(/./) } });
    await waitFor(async () => (await lab.effects([id])) === 1, { message: "the neighbour" });
  });

  it("leaves alone what only looks like its rows: in another collection, in a database that is not ours", async () => {
    const [row] = await lab
      .outbox()
      .find({ publishedAt: { $ne: null } })
      .limit(1)
      .toArray();
    const stranger = { ...(row as OutboxRow), _id: newId(), publishedAt: null };
    const { client, env } = lab.world;
    const places = [
      client.db(`${env.DB_PREFIX}_tickets`).collection<OutboxRow>("archive"),
      client.db(`${env.DB_PREFIX}_neighbour`).collection<OutboxRow>("outbox"),
    ];
    const before = await publishedCount();
    for (const place of places) await place.insertOne(stranger);
    const next = await lab.create(1);
    await waitFor(() => published([next]), { message: "what came after it" });
    expect((await publishedCount()) - before).toBe(1);
    for (const place of places) expect(await place.findOne({})).toMatchObject({ publishedAt: null });
  });

  it("a backup that is restored while it works: what was published stays so, what was not is sent", async () => {
    const ids = await many(2, lab.create);
    await waitFor(async () => (await published(ids)) && (await lab.effects(ids)) === 2, {
      message: "both",
    });
    const [row, other] = await lab
      .outbox()
      .find({ _id: { $in: ids } })
      .toArray();
    await lab.outbox().deleteMany({ _id: { $in: ids } });
    const before = await publishedCount();
    await lab.outbox().insertMany([row, { ...other, publishedAt: null }] as OutboxRow[]);
    await waitFor(() => published(ids), { message: "the mark" });
    // What comes after it in the stream has passed it as well.
    const next = await lab.create(3);
    await waitFor(() => published([next]), { message: "the next one" });
    expect((await publishedCount()) - before).toBe(2);
    expect(await lab.effects(ids)).toBe(2);
  });

  it.each([
    ["fell out of the oplog", (work: () => Promise<void>) => fail286(work)],
    [
      "was damaged",
      async (work: () => Promise<void>) => {
        await leases().updateOne({}, { $set: { token: { _data: "zz" } } });
        await work();
      },
    ],
  ])(
    "a resume token that %s: the sweep finds what was written meanwhile",
    async (_, harm) => {
      await lab.relay.stop();
      const ids = await many(20, lab.create);
      await harm(async () => {
        lab.relay.start();
        await waitFor(async () => (await lab.effects(ids)) === 20, { message: "the effects" });
      });
      const next = await lab.create(21);
      await waitFor(async () => (await lab.effects([next])) === 1, { message: "the live path, again" });
    },
    90_000,
  );

  const leases = () => lab.world.client.db(`${lab.world.env.DB_PREFIX}_relay`).collection<{ _id: string }>("leases");
  /** ChangeStreamHistoryLost for the next stream of this node only. */
  const fail286 = (work: () => Promise<void>): Promise<void> => {
    const failing = { failCommands: ["aggregate"], errorCode: 286, appName: lab.broker.nodeID };
    return withFailCommand(lab.world.client, { times: 1 }, failing, work);
  };
});

describe("the relay and an outage of the broker", () => {
  let lab: Lab;
  let proxy: TcpProxy;
  beforeAll(async () => {
    const { testServers } = await import("../../support/env.ts");
    proxy = await TcpProxy.to(testServers().amqpUrl, 5672);
    lab = await openLab((world) => proxy.through(world.env.AMQP_URL));
  });
  afterAll(async () => {
    proxy.restore();
    await lab.dispose();
    await proxy.close();
  });

  const noneLeft = async (): Promise<boolean> => (await lab.outbox().countDocuments({ publishedAt: null })) === 0;

  it("writes go on while the broker is gone, and travel once it is back, each effect once", async () => {
    const before = await many(20, lab.create);
    proxy.cut();
    const during = await many(100, lab.create);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    proxy.restore();
    const ids = [...before, ...during];
    await waitFor(async () => (await lab.effects(ids)) === 120, { message: "120 effects" });
    await waitFor(noneLeft, { message: "120 marks" });
  });

  it("a connection that swallows everything is given up after the confirm's own deadline", async () => {
    proxy.swallow();
    const ids = await many(10, lab.create);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    proxy.restore();
    await waitFor(async () => (await lab.effects(ids)) === 10, { message: "ten effects" });
    await waitFor(noneLeft, { message: "ten marks" });
  });
});
