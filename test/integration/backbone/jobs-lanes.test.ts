/** Lanes and the gate: a long queue keeps nobody else waiting, and all runners together keep to the provider's rate. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { RateGate } from "../../../mixins/jobs/gate.ts";
import { JOBS, type JobDoc, type JobKind } from "../../../mixins/jobs/job.ts";
import type { PoolOptions } from "../../../mixins/jobs/pool.ts";
import { JobRunner } from "../../../mixins/jobs/runner.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { consumerContract, producer, producerService } from "../../support/probe-domain.ts";

interface Data {
  name: string;
}
const LANES = { urgent: 4, bulk: 1 };

describe("jobs in lanes", () => {
  let world: World;
  let broker: ServiceBroker;
  const runners: JobRunner<"tickets">[] = [];
  const db = () => broker.backbone.database("tickets");
  const jobs = () => db().collection<JobDoc<Data>>(JOBS);
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const nothing = async () => {};

  function runner(
    run: (name: string) => Promise<void>,
    pools: PoolOptions[],
    more: Partial<JobKind<"tickets", Data>> = {},
  ) {
    const made = new JobRunner<"tickets">({ service: "tickets", backbone: broker.backbone, logger, pools });
    const kind: JobKind<"tickets", Data> = {
      kind: "probe",
      run: async (job) => {
        await run(job.data.name);
        return nothing;
      },
      retryAfter: () => null,
      giveUp: () => nothing,
      ...more,
    };
    made.add(kind);
    runners.push(made);
    return made;
  }
  const schedule = (on: JobRunner<"tickets">, lane: string, names: string[]) =>
    broker.backbone
      .store("tickets", {})
      .inTransaction((tx) =>
        on.schedule(tx as never, ...names.map((name) => ({ kind: "probe", key: name, data: { name }, lane }))),
      );
  const names = (of: string, count: number) => Array.from({ length: count }, (_, n) => `${of} ${n}`);

  beforeAll(async () => {
    world = await createWorld();
    broker = await world.startBroker({
      contracts: [producer, consumerContract("search")],
      services: [producerService()],
    });
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((one) => one.stop()));
    await jobs().deleteMany({});
  });
  afterAll(() => world.dispose());

  it("an urgent job goes before the rest of a long queue in another lane of its pool", async () => {
    const ran: string[] = [];
    const on = runner(async (name) => void ran.push(name), [{ concurrency: 1, lanes: LANES }]);
    await schedule(on, "bulk", names("bulk", 200));
    await on.start();
    await waitFor(() => ran.length >= 5, { message: "the queue on its way" });
    const before = ran.length;
    await schedule(on, "urgent", names("urgent", 3));
    await waitFor(() => ran.length === 203, { message: "all of it" });
    // What ran while the urgent ones were being committed is not the lanes' doing.
    const done = ran.filter((name) => name.startsWith("bulk")).length;
    const behind = ran.length - 1 - ran.indexOf("urgent 2");
    expect([done, behind > 0, before < 203]).toEqual([200, true, true]);
    const [first, last] = [ran.indexOf("urgent 0"), ran.indexOf("urgent 2")];
    expect(ran.slice(first, last + 1).filter((name) => name.startsWith("bulk")).length).toBeLessThanOrEqual(1);
  });

  it("a pool whose jobs hang keeps no other pool waiting", async () => {
    const ran: string[] = [];
    let letGo = () => {};
    const hanging = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const pools = [
      { concurrency: 2, lanes: { slow: 1 } },
      { concurrency: 2, lanes: { quick: 1 } },
    ];
    const on = runner(async (name) => {
      if (name.startsWith("slow")) await hanging;
      ran.push(name);
    }, pools);
    await on.start();
    await schedule(on, "slow", names("slow", 5));
    await schedule(on, "quick", names("quick", 20));
    await waitFor(() => ran.length === 20, { message: "the quick ones" });
    expect(ran.every((name) => name.startsWith("quick"))).toBe(true);
    letGo();
    await waitFor(() => ran.length === 25, { message: "the slow ones" });
  });

  it("a lane that no pool has is refused: its jobs would never run", async () => {
    const on = runner(nothing, [{ concurrency: 1, lanes: LANES }]);
    await expect(schedule(on, "nowhere", ["lost"])).rejects.toThrow("no pool has the lane nowhere");
  });

  it("two runners behind one gate together keep to its rate", async () => {
    const perSecond = 40;
    const name = newId();
    const at: number[] = [];
    const make = () =>
      runner(
        async () => void at.push(performance.now()),
        [{ concurrency: 4, lanes: LANES, gate: new RateGate(db(), name, perSecond) }],
      );
    const [one, two] = [make(), make()];
    await schedule(one, "bulk", names("mail", 60));
    const since = performance.now();
    await Promise.all([one.start(), two.start()]);
    await waitFor(() => at.length === 60, { message: "all of them" });
    const seconds = (Math.max(...at) - since) / 1000;
    expect(60 / seconds).toBeLessThan(perSecond * 1.1);
    // The last one has run; its end may still be on its way.
    await waitFor(async () => (await jobs().countDocuments({})) === 0, { message: "no job left" });
  });

  it("a pause shuts the gate: the claimed job is given back untouched, and runs when the pause is over", async () => {
    const gate = new RateGate(db(), newId(), 0);
    const ran: number[] = [];
    const on = runner(async () => void ran.push(performance.now()), [{ concurrency: 2, lanes: LANES, gate }]);
    await gate.pause(11_000);
    const since = performance.now();
    await schedule(on, "urgent", ["waits"]);
    await on.start();
    await waitFor(async () => (await jobs().findOne({ attempts: 0, token: null })) !== null, { message: "it is back" });
    expect(ran).toEqual([]);
    await waitFor(() => ran.length === 1, { message: "the run" });
    expect((ran[0] as number) - since).toBeGreaterThan(10_900);
  });

  it("at the end of what a job may wait nobody gets a slot that another one has", async () => {
    const intervalMs = 2_000;
    const gate = new RateGate(db(), newId(), 1_000 / intervalMs);
    const turns: { granted: boolean; inMs: number; at: number }[] = [];
    for (let n = 0; n < 10; n++) {
      const turn = await gate.take();
      turns.push({ ...turn, at: performance.now() + turn.inMs });
    }
    const slots = turns.filter(({ granted }) => granted).map(({ at }) => at);
    expect(slots.length).toBeLessThan(10);
    for (const [n, at] of slots.slice(1).entries()) expect(at - (slots[n] as number)).toBeGreaterThan(intervalMs / 2);
    expect(turns.filter(({ granted }) => !granted).every(({ inMs }) => inMs > 10_000)).toBe(true);
  });

  it("what waits for its turn when the runner stops is given back", async () => {
    const gate = new RateGate(db(), newId(), 1);
    const ran: string[] = [];
    const on = runner(async (name) => void ran.push(name), [{ concurrency: 4, lanes: LANES, gate }]);
    await schedule(on, "bulk", names("mail", 4));
    await on.start();
    await waitFor(() => ran.length === 1, { message: "the first" });
    await on.stop();
    const left = await jobs().find({}).toArray();
    expect(left.map(({ attempts, token }) => [attempts, token])).toEqual([
      [0, null],
      [0, null],
      [0, null],
    ]);
  });

  it("a free retry burns no attempt", async () => {
    const attempts: number[] = [];
    const on = runner(nothing, [], {
      run: async (job) => {
        attempts.push(job.attempts);
        if (attempts.length < 3) throw new Error("full");
        return nothing;
      },
      retryAfter: () => ({ inMs: 0, free: true }),
    });
    await on.start();
    await broker.backbone
      .store("tickets", {})
      .inTransaction((tx) => on.schedule(tx as never, { kind: "probe", key: "free", data: { name: "free" } }));
    await waitFor(() => attempts.length === 3, { message: "three runs" });
    expect(attempts).toEqual([1, 1, 1]);
  });
});
