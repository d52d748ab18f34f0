import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Collection } from "mongodb";
import { ensureBackboneIndexes } from "../mixins/mongo/indexes.ts";
import { LEASE_ID, type LeaseDoc } from "../mixins/outbox/lease-rules.ts";
import { compileCacheOf } from "../scripts/lib/nodes.ts";
import type { World } from "../test/support/cluster.ts";
import { memoryOf } from "../test/support/deployed.ts";
import { waitFor } from "../test/support/env.ts";
import { startNode } from "../test/support/node-process.ts";
import type { Bench, Figures } from "./lib/bench.ts";
import { child, rssOf } from "./lib/children.ts";
import { type ConsumerLab, openConsumers } from "./lib/consumers.ts";
import { insertRows } from "./lib/insert-worker.ts";
import { openQueues } from "./lib/queues.ts";
import { figure, type Round } from "./lib/summary.ts";
import { openWorld } from "./lib/world.ts";

const CONSUMERS = [1, 2, 4];
const POLL_MS = 250;
const HOUR_MS = 3_600_000;
/** As in the image; the first, unmeasured start fills it. */
const COMPILE_CACHE = compileCacheOf(fileURLToPath(new URL("../", import.meta.url)));
/** In one queue only: nobody but the event log wants it. */
const EVENT = "ticket.closed";
/** Drained before the clock starts: a fresh process is still being compiled for its first seconds. */
const WARM_UP = 30_000;
/** What is drained in two seconds is drained several times, and the median counts: one pause of a server halves it. */
const LEAST_ROWS = 50_000;

const drains = (round: Round): string[] => Object.keys(round).filter((name) => name.startsWith("backlog"));
const over = (round: Round, metric: string): number[] => drains(round).map((name) => figure(round, name, metric));

export const b7: Bench = {
  id: "B7",
  title: "growth: backlogs of the relay, published rows that stay in the outbox, consumers side by side",
  units: {
    rate: "events/s",
    "first quarter": "events/s",
    "last quarter": "events/s",
    "rss most": "MB",
    "rss begin": "MB",
  },
  maxRounds: 1,
  warmUp: false,
  goals: [
    {
      name: "slowest drain of the fastest one, whatever the backlog and what lies beside it",
      value: (r) => Math.min(...over(r, "rate")) / Math.max(...over(r, "rate")),
      atLeast: 0.9,
    },
    {
      // The same minutes and the same process: nothing but what still waits differs.
      name: "last quarter of the largest backlog, of its first quarter",
      value: (r) => (over(r, "last quarter").at(-2) ?? Number.NaN) / (over(r, "first quarter").at(-2) ?? Number.NaN),
      atLeast: 0.9,
    },
    { name: "most RSS of the relay's process, MB", value: (r) => Math.max(...over(r, "rss most")), atMost: 150 },
    {
      name: "RSS at the largest backlog, of that at the smallest",
      value: (r) => (over(r, "rss most").at(-2) ?? Number.NaN) / (over(r, "rss most")[0] ?? Number.NaN),
      atMost: 1.25,
    },
  ],
  limit:
    "The relay: mongod, for which a mark costs more than the insert it marks (document, index, oplog entry, and the change " +
    "stream that looks at each). Consumers: the same two cores for all of them, so a second process gains what the first " +
    "leaves idle, and a fourth one nothing.",
  async open({ backlog, published }) {
    const world = await openWorld();
    const consumers = await openConsumers();
    const sizes = [...backlog].sort((a, b) => a - b);
    // Once, so that it has a checkpoint: what comes then is a backlog and not a sweep.
    await withRelay(world, async () => {});
    const drain = (rows: number, beside: number) => () => drainBacklog(world, rows, beside);
    const besides = sizes[Math.min(1, sizes.length - 1)] as number;
    const variants = [
      ...sizes.map((rows) => ({ name: `backlog ${rows.toLocaleString("en")}`, measure: drain(rows, 0) })),
      {
        name: `backlog ${besides.toLocaleString("en")} beside ${published.toLocaleString("en")} published`,
        measure: drain(besides, published),
      },
      ...CONSUMERS.map((count) => ({ name: `${count} consumer processes`, measure: () => consumers.drain(count) })),
    ];
    return { variants, close: () => closeAll(world, consumers) };
  },
};

async function closeAll(world: World, consumers: ConsumerLab): Promise<void> {
  await consumers.close();
  await world.dispose();
}

/** A process with the relay only, that has the lease or waits for it. */
interface RelayProcess {
  pid: number;
  /** Takes the lease away, as another replica would. */
  standBy: () => Promise<void>;
  goOn: () => Promise<void>;
}

async function withRelay<R>(world: World, work: (relay: RelayProcess) => Promise<R>): Promise<R> {
  const settings = { SERVICES: "relay", LOG_LEVEL: "warn", NODE_COMPILE_CACHE: COMPILE_CACHE };
  const node = await startNode(world, { ...settings, ...memoryOf("relay") });
  const stop = child(node.stop);
  try {
    const leases = world.client.db(`${world.env.DB_PREFIX}_relay`).collection<LeaseDoc>("leases");
    const held = () => leases.findOne({ expiresAt: { $gt: new Date() } });
    await waitFor(held, { deadlineMs: 90_000, message: `a relay that holds the lease\n${node.logs()}` });
    const grant = async (until: Date): Promise<void> =>
      void (await leases.updateOne(
        { _id: LEASE_ID },
        { $set: { holder: "bench", expiresAt: until }, $inc: { epoch: 1 } },
      ));
    return await work({
      pid: node.child.pid as number,
      standBy: async () => {
        await grant(new Date(Date.now() + HOUR_MS));
        // By then it has asked, and knows.
        await delay(world.env.RELAY_LEASE_MS);
      },
      goOn: () => grant(new Date()),
    });
  } finally {
    await stop();
  }
}

/** Inserted while the relay stands by, any number of times; the rate is that of the marks, as MongoDB has dated them. */
async function drainBacklog(world: World, rows: number, published: number): Promise<Figures> {
  const db = world.client.db(`${world.env.DB_PREFIX}_tickets`);
  const outbox = db.collection("outbox");
  const insert = async (count: number, publishedAt: Date | null): Promise<void> =>
    (await insertRows(world.env.MONGO_URL, db.databaseName, count, { eventType: EVENT, publishedAt })).inserted;
  const queues = await openQueues(world);
  try {
    return await withRelay(world, async (relay) => {
      await insert(WARM_UP, null);
      await watchDrain(outbox, relay.pid, queues.purge);
      const drains: (Figures & { rate: number })[] = [];
      while (drains.length * rows < LEAST_ROWS) {
        await relay.standBy();
        if (published > 0) await insert(published, new Date());
        const since = new Date();
        await insert(rows, null);
        await relay.goOn();
        const rss = await watchDrain(outbox, relay.pid, queues.purge);
        drains.push({ ...(await ratesOf(outbox, since)), ...rss });
      }
      return drains.sort((a, b) => a.rate - b.rate)[Math.floor(drains.length / 2)] as Figures;
    });
  } finally {
    await queues.close();
    // Faster than deleting a million rows, and the relay's stream has no part in it.
    await outbox.drop();
    await ensureBackboneIndexes(db, world.env);
  }
}

/** Of what was marked from `since` on, as MongoDB has dated it. A batch has one date: the clock begins with the first one. */
async function ratesOf(outbox: Collection, since: Date): Promise<Figures & { rate: number }> {
  const marked = { publishedAt: { $gte: since } };
  const total = await outbox.countDocuments(marked);
  const momentOf = async (rank: number): Promise<Date> => {
    const [row] = await outbox.find(marked).sort({ publishedAt: 1 }).skip(rank).limit(1).toArray();
    if (!row) throw new Error("Nothing was marked.");
    return row.publishedAt;
  };
  const between = async (from: number, to: number): Promise<number> => {
    const [begin, end] = await Promise.all([momentOf(from), momentOf(to)]);
    const counted = await outbox.countDocuments({ publishedAt: { $gt: begin, $lte: end } });
    return counted / ((end.getTime() - begin.getTime()) / 1000);
  };
  const quarter = Math.floor(total / 4);
  return {
    rate: await between(0, total - 1),
    "first quarter": await between(0, quarter),
    "last quarter": await between(total - 1 - quarter, total - 1),
  };
}

/** Megabytes. */
async function watchDrain(
  outbox: { findOne(filter: object, options?: object): Promise<unknown> },
  pid: number,
  purge: () => Promise<void>,
): Promise<{ "rss most": number; "rss begin": number }> {
  const begin = rssOf(pid);
  let most = begin;
  for (let turn = 1; ; turn++) {
    most = Math.max(most, rssOf(pid));
    if ((await outbox.findOne({ publishedAt: null }, { projection: { _id: 1 } })) === null) break;
    // It is the relay that is measured: the broker keeps nothing.
    if (turn % 4 === 0) await purge();
    await delay(POLL_MS);
  }
  return { "rss most": most, "rss begin": begin };
}
