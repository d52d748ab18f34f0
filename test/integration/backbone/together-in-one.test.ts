/** What several ask for at once costs one command: claims of jobs, reads by id. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type Collection, MongoClient } from "mongodb";
import { claimJobs, DEFAULT_LANE, JOBS, type JobDoc, releaseJob } from "../../../mixins/jobs/job.ts";
import { byId } from "../../../mixins/mongo/by-id.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { testServers } from "../../support/env.ts";

interface Thing {
  _id: string;
  n: number;
}

describe("in one command", () => {
  let world: World;
  let client: MongoClient;
  let jobs: Collection<JobDoc>;
  let things: Collection<Thing>;
  let commands: string[] = [];

  beforeAll(async () => {
    world = await createWorld();
    client = new MongoClient(testServers().mongoUrl, { monitorCommands: true });
    client.on("commandStarted", ({ commandName }) => commands.push(commandName));
    const db = client.db(`${world.env.DB_PREFIX}_tickets`);
    jobs = db.collection<JobDoc>(JOBS);
    things = db.collection<Thing>("things");
    await things.insertMany([
      { _id: "a", n: 1 },
      { _id: "b", n: 2 },
    ]);
  });
  beforeEach(async () => {
    await jobs.deleteMany({});
    await jobs.insertMany(Array.from({ length: 10 }, (_, n) => job(n)));
    commands = [];
  });
  afterAll(async () => {
    await client.close();
    await world.dispose();
  });

  const job = (n: number): JobDoc => ({
    ...{ _id: `probe/${n}`, kind: "probe", data: { n, since: new Date(n) }, dueAt: new Date(n), attempts: 0 },
    ...{ leasedUntil: new Date(0), token: null, cause: { correlationId: "request-1" }, lastError: null },
  });
  const claim = { lane: DEFAULT_LANE, kinds: ["probe"], now: new Date() };
  const ids = (of: readonly JobDoc[]) => of.map(({ _id }) => _id);

  it("several jobs are claimed by a read and a write, those first that have been due longest", async () => {
    const claimed = await claimJobs(jobs, claim, 4);
    expect(commands).toEqual(["find", "update"]);
    expect(ids(claimed)).toEqual(["probe/0", "probe/1", "probe/2", "probe/3"]);
    const stored = await jobs.find({ token: { $ne: null } }).toArray();
    const leases = new Map(stored.map(({ _id, leasedUntil }) => [_id, leasedUntil]));
    expect(claimed.map((one) => ({ ...one, leasedUntil: leases.get(one._id) }))).toEqual(stored);
    expect(stored.every(({ attempts, leasedUntil }) => attempts === 1 && leasedUntil > new Date())).toBe(true);
    expect(ids(await claimJobs(jobs, claim, 20))).toEqual(Array.from({ length: 6 }, (_, n) => `probe/${n + 4}`));
    expect(await claimJobs(jobs, claim, 20)).toEqual([]);
  });

  it("nobody gets a job that another one has, however many ask at the same time", async () => {
    const all = (await Promise.all([4, 4, 1, 4, 1, 4].map((most) => claimJobs(jobs, claim, most)))).flat();
    expect([...new Set(ids(all))]).toHaveLength(all.length);
    const tokens = new Map((await jobs.find().toArray()).map(({ _id, token }) => [_id, token]));
    expect(all.map(({ _id, token }) => tokens.get(_id) === token)).toEqual(all.map(() => true));
  });

  it.each([
    [undefined, 1, 1],
    [9, 10, 1],
    [10, 11, 2],
    [13, 14, 16],
    [40, 41, 60],
  ])(
    "of a job whose lease has lapsed %s times before, this one being number %s, it is %s minutes",
    async (before, lapses, minutes) => {
      const lapsed = { token: "somebody's", ...(before !== undefined && { lapses: before }) };
      for (const most of [1, 4]) {
        await jobs.updateMany({}, { $set: { ...lapsed, leasedUntil: new Date(0) } });
        if (before === undefined) await jobs.updateMany({}, { $unset: { lapses: "" } });
        const claimed = await claimJobs(jobs, claim, most);
        expect(claimed.map((one) => one.lapses)).toEqual(Array.from({ length: most }, () => lapses));
        const { leasedUntil } = (await jobs.findOne({ _id: "probe/0" })) as JobDoc;
        const lasts = (leasedUntil.getTime() - Date.now()) / 60_000;
        expect(lasts).toBeGreaterThan(minutes - 0.5);
        expect(lasts).toBeLessThanOrEqual(minutes + 0.1);
      }
    },
  );

  it("a job that was given back has not lapsed", async () => {
    const [one] = (await claimJobs(jobs, claim, 1)) as [JobDoc];
    await releaseJob(jobs, one);
    expect((await claimJobs(jobs, claim, 1))[0]).toMatchObject({ _id: one._id, attempts: 1, lapses: 0 });
  });

  it("a job that becomes another one between the read and the claim is left, and the others are claimed", async () => {
    const meanwhile = async (): Promise<void> =>
      void (await jobs.updateOne({ _id: "probe/1" }, { $set: { data: { n: 100 } } }));
    const interrupted = Object.create(jobs, {
      find: {
        value: (...args: Parameters<typeof jobs.find>) => ({
          toArray: async () => {
            const found = await jobs.find(...args).toArray();
            await meanwhile();
            return found;
          },
        }),
      },
    }) as typeof jobs;
    const claimed = await claimJobs(interrupted, claim, 3);
    expect(ids(claimed)).toEqual(["probe/0", "probe/2"]);
    expect(await jobs.findOne({ _id: "probe/1" })).toMatchObject({ data: { n: 100 }, token: null, attempts: 0 });
  });

  it("reads by id that come together are one query, and nothing is kept of it", async () => {
    const read = byId(things);
    const found = await Promise.all([read("a"), read("none"), read("b"), read("a")]);
    expect(found.map((doc) => doc?.n ?? null)).toEqual([1, null, 2, 1]);
    expect(commands).toEqual(["find"]);
    await things.updateOne({ _id: "a" }, { $set: { n: 3 } });
    expect((await read("a"))?.n).toBe(3);
  });
});
