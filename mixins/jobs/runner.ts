/** Runs a service's jobs, in pools of lanes: what waits in one pool keeps no other waiting. */
import type { Backbone } from "../backbone.ts";
import { codeOf, isPassing, messageOfError } from "../kit/failure.ts";
import type { Logger, Member } from "../kit/implement.ts";
import { withLogContext } from "../kit/log.ts";
import type { Tx } from "../outbox/transaction.ts";
import {
  ACCIDENTS,
  claimJobs,
  DEFAULT_LANE,
  deleteJob,
  ensureJobIndexes,
  insertJobs,
  JOBS,
  type JobDoc,
  type JobKind,
  type NewJob,
  type Retry,
  releaseJob,
  replaceJob,
  type Settle,
} from "./job.ts";
import { JobPool, POLL_MS, type PoolOptions } from "./pool.ts";

const DEFAULT_POOL: PoolOptions = { concurrency: 4, lanes: { [DEFAULT_LANE]: 1 } };
/** Jobs that have begun together end within so many milliseconds, most of the time. */
const END_LINGER_MS = 10;
/** The end of a job that somebody else has taken over: nothing of it is written. */
class JobLostError extends Error {}

type AnyKind<O extends string> = JobKind<O, object, unknown>;

/** @throws JobLostError unless all of them are still the claims of these runs */
async function deleteClaimed<O extends string>(tx: Tx<O>, jobs: readonly JobDoc[]): Promise<void> {
  const ends = jobs.map(({ _id, token }) => ({ deleteOne: { filter: { _id, token } } }));
  const { deletedCount } = await tx.collection<JobDoc>(JOBS).bulkWrite(ends);
  if (deletedCount < jobs.length) throw new JobLostError();
}

export interface JobRunnerOptions {
  service: string;
  backbone: Backbone;
  logger: Logger;
  /** Beside the default one: four at a time, one lane. */
  pools?: readonly PoolOptions[];
}

export class JobRunner<O extends string> {
  readonly #options: JobRunnerOptions;
  readonly #kinds = new Map<string, AnyKind<O>>();
  readonly #pools: readonly JobPool[];
  readonly #poolOf = new Map<string, JobPool>();
  #running = false;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    const { logger, pools = [] } = options;
    const work = {
      logger,
      claim: (lane: string, most: number) =>
        claimJobs(this.#jobs, { lane, kinds: [...this.#kinds.keys()], now: options.backbone.clock() }, most),
      run: (job: JobDoc) =>
        withLogContext({ jobId: job._id, requestId: job.cause.correlationId }, () => this.#work(job)),
      release: (job: JobDoc) => releaseJob(this.#jobs, job),
    };
    this.#pools = [DEFAULT_POOL, ...pools].map((pool) => {
      const made = new JobPool(pool, work);
      for (const lane of Object.keys(pool.lanes)) this.#poolOf.set(lane, made);
      return made;
    });
  }

  /** Before `start`. */
  add<D extends object, E = Settle<O>>(kind: JobKind<O, D, E>): this {
    this.#kinds.set(kind.kind, kind as unknown as AnyKind<O>);
    return this;
  }

  /** Part of the transaction, in one write; begun as soon as it has committed, or when they are due. */
  async schedule<D extends object>(tx: Tx<O>, ...jobs: readonly NewJob<D>[]): Promise<void> {
    const telling = jobs.map((job) => this.#telling(tx, job));
    await insertJobs(tx as unknown as Tx, jobs);
    tx.afterCommit(() => {
      for (const tell of telling) tell();
    });
  }

  /** Of a job that is due: what is due later is found by polling. */
  #telling(tx: Tx<O>, { lane = DEFAULT_LANE, dueAt = tx.now }: NewJob<object>): () => void {
    const pool = this.#pool(lane);
    return dueAt <= tx.now ? () => pool.add(lane) : () => {};
  }

  /** @throws Error for a lane that no pool has: its jobs would never run */
  #pool(lane: string): JobPool {
    const pool = this.#poolOf.get(lane);
    if (!pool) throw new Error(`${this.#options.service}: no pool has the lane ${lane}.`);
    return pool;
  }

  /** The same, in place of the job that may be there with this key. */
  async reschedule<D extends object>(tx: Tx<O>, job: NewJob<D>): Promise<void> {
    const tell = this.#telling(tx, job);
    await replaceJob(tx as unknown as Tx, job);
    tx.afterCommit(tell);
  }

  /** Part of the transaction: the job of that key, if there is one, will not run. */
  unschedule(tx: Tx<O>, job: Pick<NewJob<object>, "kind" | "key">): Promise<void> {
    return deleteJob(tx as unknown as Tx, job);
  }

  get #jobs() {
    const { backbone, service } = this.#options;
    return backbone.database(service).collection<JobDoc>(JOBS);
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const { backbone, service } = this.#options;
    await ensureJobIndexes(backbone.database(service));
    if (this.#running) for (const pool of this.#pools) pool.start();
  }

  /** Waits for what runs. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#pools.map((pool) => pool.stop()));
  }

  async #work(job: JobDoc): Promise<void> {
    const { logger } = this.#options;
    const kind = this.#kinds.get(job.kind) as AnyKind<O>;
    const { lapses = 0 } = job;
    if (lapses > ACCIDENTS) logger.error(`job ${job._id}: ${lapses} runs died, or took too long; it has more time now`);
    let done = false;
    try {
      const end = await kind.run(job as never);
      done = true;
      await this.#end(job, kind, end);
    } catch (error) {
      if (error instanceof JobLostError) return;
      // MongoDB is away: the lease runs out, and the job is taken again.
      await this.#failed(job, kind, error, done).catch((again: unknown) => {
        logger.warn(`job ${job._id}: ${codeOf(error)}, and its failure could not be written (${codeOf(again)})`);
      });
    }
  }

  /** @param done its outside work is: the next run has to know that it is not the first */
  async #failed(job: JobDoc, kind: AnyKind<O>, error: unknown, done: boolean): Promise<void> {
    const { logger, backbone } = this.#options;
    const now = backbone.clock();
    const failures = (job.failures ?? 0) + 1;
    // What is away comes back, and who holds what its end writes lets go of it: no try is burnt.
    const retry: Retry | null = isPassing(error)
      ? { inMs: POLL_MS, free: true }
      : kind.retryAfter(failures, error, job as never, now);
    if (retry === null) {
      logger.warn(`job ${job._id}: given up after ${failures} failures (${codeOf(error)})`);
      return this.#end(job, kind, kind.giveUp(job as never, error));
    }
    const { inMs, free } = typeof retry === "number" ? { inMs: retry, free: false } : retry;
    const lastError = { code: codeOf(error), message: messageOfError(error).slice(0, 500), at: now };
    await this.#jobs.updateOne(
      { _id: job._id, token: job.token },
      {
        $set: { dueAt: new Date(now.getTime() + inMs), leasedUntil: new Date(0), token: null, lastError },
        $inc: { failures: free ? 0 : 1, attempts: free && !done ? -1 : 0 },
      },
    );
  }

  /** What the job has come to and its end: one transaction. @throws JobLostError */
  async #end(job: JobDoc, { kind, endTogether }: AnyKind<O>, end: unknown): Promise<void> {
    const { backbone, service } = this.#options;
    const store = backbone.store<O>(service as O, { ...job.cause, actorId: `system:${service}` });
    if (!endTogether)
      return store.inTransaction(async (tx) => {
        await deleteClaimed(tx, [job]);
        await (end as Settle<O>)(tx);
      });
    const endAll = async (members: readonly Member<O, { job: JobDoc; end: unknown }>[]): Promise<void> => {
      const [{ tx }] = members as [Member<O, unknown>];
      await deleteClaimed(
        tx,
        members.map(({ item }) => item.job),
      );
      await endTogether(members.map(({ tx, item }) => ({ tx, end: item.end })));
    };
    await store.inSharedTransaction({ job, end }, endAll, { group: `end of ${kind}`, lingerMs: END_LINGER_MS });
  }
}
