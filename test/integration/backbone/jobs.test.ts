import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { MongoServerError } from "mongodb";
import { JOBS, type JobDoc, type JobKind, type Settle } from "../../../mixins/jobs/job.ts";
import { POLL_MS } from "../../../mixins/jobs/pool.ts";
import { JobRunner } from "../../../mixins/jobs/runner.ts";
import { UnavailableError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { consumerContract, type LooseTx, producer, producerService } from "../../support/probe-domain.ts";

interface Data {
  n: number;
}

describe("jobs", () => {
  let world: World;
  let broker: ServiceBroker;
  /** Milliseconds that the domain's clock is ahead. */
  let ahead = 0;
  const runners: JobRunner<"tickets">[] = [];
  const jobs = () => broker.backbone.database("tickets").collection<JobDoc<Data>>(JOBS);
  const effects = () => broker.backbone.database("tickets").collection<{ _id: string; n?: number }>("effects");
  const store = () => broker.backbone.store("tickets", { correlationId: "request-1" });
  const logger = { debug() {}, info() {}, warn() {}, error() {} };

  type Kind = JobKind<"tickets", Data>;
  const insert = async (tx: Pick<Tx, "collection">, doc: { _id: string; n?: number }) =>
    void (await tx.collection<{ _id: string; n?: number }>("effects").insertOne(doc));
  const settles =
    (job: JobDoc<Data>): Settle<"tickets"> =>
    (tx) =>
      insert(tx as never, { _id: job._id, n: job.data.n });
  /** A kind without retries that leaves a document when it is given up. */
  const kind = (run: Kind["run"], more: Partial<Kind> = {}): Kind => ({
    kind: "probe",
    run,
    retryAfter: () => null,
    giveUp: (job) => (tx) => insert(tx as never, { _id: `given up ${job.data.n}` }),
    ...more,
  });

  function runner<E>(of: JobKind<"tickets", Data, E>): JobRunner<"tickets"> {
    const made = new JobRunner<"tickets">({ service: "tickets", backbone: broker.backbone, logger: logger as never });
    made.add(of);
    runners.push(made);
    return made;
  }
  const schedule = (on: JobRunner<"tickets">, n: number, dueAt?: Date, fail = false) =>
    store().inTransaction(async (tx) => {
      await on.schedule(tx, { kind: "probe", key: String(n), data: { n }, ...(dueAt && { dueAt }) });
      if (fail) throw new Error("after the schedule");
    });

  beforeAll(async () => {
    world = await createWorld();
    broker = await world.startBroker({
      contracts: [producer, consumerContract("search")],
      services: [producerService()],
      clock: () => new Date(Date.now() + ahead),
    });
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((one) => one.stop()));
    await Promise.all([jobs().deleteMany({}), effects().deleteMany({})]);
    ahead = 0;
  });
  afterAll(() => world.dispose());

  it("a job exists if and only if its change commits, and runs at once after it", async () => {
    const ran: number[] = [];
    const on = runner(
      kind(async (job) => {
        ran.push(job.data.n);
        return settles(job);
      }),
    );
    await on.start();
    await expect(schedule(on, 1, undefined, true)).rejects.toThrow("after the schedule");
    const since = performance.now();
    const ns = [2, 3, 4, 5, 6, 7, 8, 9];
    for (const n of ns) {
      await schedule(on, n);
      await waitFor(() => effects().findOne({ n }), { message: "the effect" });
    }
    // One after another: each would have waited for a poll of its own.
    expect(performance.now() - since).toBeLessThan((ns.length * POLL_MS) / 2);
    await waitFor(async () => (await jobs().countDocuments({})) === 0, { message: "no job left" });
    expect(ran).toEqual(ns);
  });

  it("the same key is scheduled once while its job is there", async () => {
    const on = runner(kind(async (job) => settles(job)));
    await schedule(on, 3);
    await schedule(on, 3);
    expect(await jobs().countDocuments({})).toBe(1);
  });

  it("one that is scheduled anew takes the place of the old one; one that is unscheduled does not run", async () => {
    const on = runner(kind(async (job) => settles(job)));
    const soon = new Date(Date.now() + 30_000);
    await schedule(on, 5, soon);
    await schedule(on, 6, soon);
    await store().inTransaction(async (tx) => {
      await on.reschedule(tx, { kind: "probe", key: "5", data: { n: 55 }, dueAt: new Date(soon.getTime() + 30_000) });
      await on.unschedule(tx, { kind: "probe", key: "6" });
      await on.unschedule(tx, { kind: "probe", key: "never there" });
    });
    await on.start();
    ahead = 40_000;
    await schedule(on, 7);
    await waitFor(() => effects().findOne({ n: 7 }), { message: "the one that is due" });
    expect((await jobs().find().toArray()).map(({ _id }) => _id)).toEqual(["probe/5"]);
    ahead = 70_000;
    await waitFor(() => effects().findOne({ n: 55 }), { message: "the later one" });
    expect((await effects().find().toArray()).map(({ n }) => n).sort()).toEqual([55, 7]);
  });

  it("a run that is under way while its job is scheduled anew settles nothing", async () => {
    let begun = () => {};
    let goOn = () => {};
    const running = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const on = runner(
      kind(async (job) => {
        if (job.data.n === 8) {
          begun();
          await gate;
        }
        return settles(job);
      }),
    );
    await on.start();
    await schedule(on, 8);
    await running;
    await store().inTransaction((tx) => on.reschedule(tx, { kind: "probe", key: "8", data: { n: 88 } }));
    await waitFor(() => effects().findOne({ n: 88 }), { message: "the new one" });
    goOn();
    await on.stop();
    expect((await effects().find().toArray()).map(({ n }) => n)).toEqual([88]);
  });

  it("a failed run is tried again when its kind says so, and given up when it says that", async () => {
    const attempts: number[] = [];
    const on = runner(
      kind(
        async (job) => {
          attempts.push(job.attempts);
          throw new TypeError("no");
        },
        { retryAfter: (done) => (done < 3 ? 0 : null) },
      ),
    );
    await on.start();
    await schedule(on, 4);
    await waitFor(() => effects().findOne({ _id: "given up 4" }), { message: "the end of it" });
    expect(attempts).toEqual([1, 2, 3]);
    expect(await jobs().countDocuments({})).toBe(0);
  });

  it("a run that died with its process counts as begun, and not as failed", async () => {
    const asked: [attempts: number, failures: number][] = [];
    const on = runner(
      kind(
        async () => {
          throw new TypeError("no");
        },
        {
          retryAfter: (failures, _, job) => {
            asked.push([job.attempts, failures]);
            return failures < 2 ? 0 : null;
          },
        },
      ),
    );
    await schedule(on, 13);
    // Four times somebody has taken it, and died.
    await jobs().updateOne({ _id: "probe/13" }, { $set: { attempts: 4 } });
    await on.start();
    await waitFor(() => effects().findOne({ _id: "given up 13" }), { message: "the end of it" });
    expect(asked).toEqual([
      [5, 1],
      [6, 2],
    ]);
  });

  it("what is away costs no attempt", async () => {
    const attempts: number[] = [];
    const on = runner(
      kind(async (job) => {
        attempts.push(job.attempts);
        if (attempts.length < 3) throw new UnavailableError("iam is away");
        return settles(job);
      }),
    );
    await on.start();
    await schedule(on, 5);
    await waitFor(() => effects().findOne({ n: 5 }), { message: "the effect, once iam is back" });
    expect(attempts).toEqual([1, 1, 1]);
  });

  it.each([
    ["what is away", 9, new UnavailableError("MongoDB is away")],
    ["a conflict", 12, new MongoServerError({ code: 112, errmsg: "WriteConflict" })],
  ])(
    "%s at its end is no failure of its own: it is tried again soon, and knows that it is not the first",
    async (_, n, error) => {
      const attempts: number[] = [];
      const on = runner(
        kind(async (job) => {
          attempts.push(job.attempts);
          if (attempts.length > 1) return settles(job);
          return async () => {
            throw error;
          };
        }),
      );
      await on.start();
      await schedule(on, n);
      await waitFor(() => effects().findOne({ n }), { message: "the effect" });
      expect(attempts).toEqual([1, 2]);
    },
  );

  it("asking for a job that is there conflicts with its end: either the end knows, or there is a new one", async () => {
    const on = runner(kind(async (job) => settles(job)));
    await schedule(on, 10, new Date(Date.now() + 3_600_000));
    let tries = 0;
    await store().inTransaction(async (tx) => {
      tries += 1;
      // The snapshot is of before the end.
      await tx.collection("effects").findOne({ _id: "none" });
      if (tries === 1) await jobs().deleteOne({ _id: "probe/10" });
      await on.schedule(tx, { kind: "probe", key: "10", data: { n: 10 } });
    });
    expect(tries).toBe(2);
    expect(await jobs().countDocuments({ _id: "probe/10" })).toBe(1);
  });

  it("a run whose lease somebody else has taken settles nothing", async () => {
    const on = runner(
      kind(async (job) => {
        await jobs().updateOne({ _id: job._id }, { $set: { token: "somebody else's" } });
        return settles(job);
      }),
    );
    await on.start();
    await schedule(on, 6);
    await waitFor(() => jobs().findOne({ token: "somebody else's" }), { message: "the takeover" });
    await on.stop();
    expect(await effects().countDocuments({})).toBe(0);
    expect(await jobs().countDocuments({})).toBe(1);
  });

  it("two runners share the work, and a timer waits for its time and survives a restart", async () => {
    const ran: number[] = [];
    const work = kind(async (job) => {
      ran.push(job.data.n);
      return settles(job);
    });
    const first = runner(work);
    await first.start();
    await schedule(first, 7, new Date(Date.now() + 3_600_000));
    await first.stop();
    const [second, third] = [runner(work), runner(work)];
    await Promise.all([second.start(), third.start()]);
    await Promise.all(Array.from({ length: 40 }, (_, n) => schedule(n % 2 === 0 ? second : third, 100 + n)));
    await waitFor(async () => (await effects().countDocuments({})) === 40, { message: "what is due" });
    expect(ran).toHaveLength(40);
    expect(ran).not.toContain(7);
    ahead = 3_600_001;
    await waitFor(() => effects().findOne({ n: 7 }), { message: "the timer, by polling" });
    expect(ran).toHaveLength(41);
  });

  describe("whose ends are written together", () => {
    /** Of each transaction that got as far as that: the numbers it settled, and the requests their facts would name. */
    let written: { ns: number[]; causes: string[] }[] = [];
    const together = (end: (job: JobDoc<Data>) => Promise<number>): JobKind<"tickets", Data, number> => ({
      kind: "probe",
      run: end,
      retryAfter: () => null,
      giveUp: ({ data }) => -data.n,
      endTogether: async (ends) => {
        written.push({ ns: ends.map(({ end }) => end), causes: ends.map(({ tx }) => String(tx.cause.correlationId)) });
        if (ends.some(({ end }) => end === 666)) throw new Error("one of them is bad");
        const [{ tx }] = ends as [(typeof ends)[number]];
        const docs = ends.map(({ end }) => ({ _id: newId(), n: end }));
        await (tx as unknown as LooseTx).collection<{ _id: string; n: number }>("effects").insertMany(docs);
      },
    });
    const settledNs = async () =>
      (await effects().find({}).toArray()).map(({ n }) => n).sort((a, b) => Number(a) - Number(b));
    /** Their runs end in the same moment: none before all have begun. */
    const begin = async (end: (job: JobDoc<Data>) => Promise<number>, ...ns: number[]) => {
      let begun = 0;
      const allBegun = Promise.withResolvers<void>();
      const kindOf = together(async (job) => {
        const ended = await end(job);
        if (++begun === ns.length) allBegun.resolve();
        await allBegun.promise;
        return ended;
      });
      const on = runner(kindOf);
      const scheduled = ns.map((n) => ({
        kind: "probe",
        key: String(n),
        data: { n },
        cause: { correlationId: `request-${n}` },
      }));
      await store().inTransaction((tx) => on.schedule(tx, ...scheduled));
      await on.start();
      await waitFor(async () => (await jobs().countDocuments({ token: { $ne: "somebody else's" } })) === 0, {
        message: "the end of all",
      });
    };
    beforeEach(() => {
      written = [];
    });

    it("runs that come to an end together are one transaction, and each has its own cause", async () => {
      await begin(async (job) => job.data.n, 21, 22, 23, 24);
      expect(await settledNs()).toEqual([21, 22, 23, 24]);
      expect(written[0]?.ns).toHaveLength(4);
      for (const { ns, causes } of written) expect(causes).toEqual(ns.map((n) => `request-${n}`));
    });

    it("one that another runner has taken over settles nothing; its neighbours do", async () => {
      const run = async ({ _id, data }: JobDoc<Data>) => {
        if (data.n === 32) await jobs().updateOne({ _id }, { $set: { token: "somebody else's" } });
        return data.n;
      };
      await begin(run, 31, 32, 33);
      expect(await settledNs()).toEqual([31, 33]);
      expect(await jobs().countDocuments({ _id: "probe/32" })).toBe(1);
    });

    it("one whose end fails is given up; its neighbours are not", async () => {
      await begin(async ({ data }) => (data.n === 42 ? 666 : data.n), 41, 42, 43);
      expect(await settledNs()).toEqual([-42, 41, 43]);
    });
  });

  it("a dead runner's job is taken when its lease has run out", async () => {
    const on = runner(kind(async (job) => settles(job)));
    await schedule(on, 8);
    const dead = { token: "of a dead one", attempts: 1 };
    await jobs().updateOne({}, { $set: { ...dead, leasedUntil: new Date(Date.now() + 1_500) } });
    await on.start();
    expect(await effects().countDocuments({})).toBe(0);
    await waitFor(() => effects().findOne({ n: 8 }), { message: "the takeover" });
  });
});
