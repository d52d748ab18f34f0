/** Runs a service's jobs: at once when nudged by a commit of this process, else by polling. */
import type { Backbone } from "../backbone.ts";
import { codeOf, isInfrastructureFailure, messageOfError } from "../kit/failure.ts";
import type { Logger } from "../kit/implement.ts";
import { withLogContext } from "../kit/log.ts";
import type { Tx } from "../outbox/transaction.ts";
import {
  claimJob,
  ensureJobIndexes,
  insertJob,
  JOBS,
  type JobDoc,
  type JobKind,
  type NewJob,
  type Settle,
} from "./job.ts";

const POLL_MS = 1_000;
const CONCURRENCY = 4;
/** The end of a job that somebody else has taken over: nothing of it is written. */
class JobLostError extends Error {}

export interface JobRunnerOptions {
  service: string;
  backbone: Backbone;
  logger: Logger;
}

export class JobRunner<O extends string> {
  readonly #options: JobRunnerOptions;
  readonly #kinds = new Map<string, JobKind<O, object>>();
  readonly #active = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #claiming = false;
  #nudged = false;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** Before `start`. */
  add<D extends object>(kind: JobKind<O, D>): this {
    this.#kinds.set(kind.kind, kind as unknown as JobKind<O, object>);
    return this;
  }

  /** Part of the transaction; begun as soon as it has committed, or when it is due. */
  async schedule<D extends object>(tx: Tx<O>, job: NewJob<D>): Promise<void> {
    await insertJob(tx as unknown as Tx, job);
    tx.afterCommit(() => this.nudge());
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
    this.nudge();
  }

  /** Waits for what runs. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await Promise.all(this.#active);
  }

  nudge(): void {
    if (!this.#running) return;
    this.#nudged = true;
    if (!this.#claiming) void this.#claimAll();
  }

  async #claimAll(): Promise<void> {
    this.#claiming = true;
    clearTimeout(this.#timer);
    try {
      while (this.#running && this.#active.size < CONCURRENCY) {
        this.#nudged = false;
        const job = await claimJob(this.#jobs, [...this.#kinds.keys()], this.#options.backbone.clock());
        if (job) this.#launch(job);
        else if (!this.#nudged) break;
      }
    } catch (error) {
      this.#options.logger.warn(`jobs: can't be read (${codeOf(error)}); trying again`);
    }
    this.#claiming = false;
    if (this.#running) this.#timer = setTimeout(() => this.nudge(), POLL_MS);
  }

  #launch(job: JobDoc): void {
    const context = { jobId: job._id, requestId: job.cause.correlationId };
    const work = withLogContext(context, () => this.#work(job)).finally(() => {
      this.#active.delete(work);
      this.nudge();
    });
    this.#active.add(work);
  }

  async #work(job: JobDoc): Promise<void> {
    const { logger } = this.#options;
    const kind = this.#kinds.get(job.kind) as JobKind<O, object>;
    try {
      await this.#end(job, await kind.run(job as never));
    } catch (error) {
      if (error instanceof JobLostError) return;
      // MongoDB is away: the lease runs out, and the job is taken again.
      await this.#failed(job, kind, error).catch((again: unknown) => {
        logger.warn(`job ${job._id}: ${codeOf(error)}, and its failure could not be written (${codeOf(again)})`);
      });
    }
  }

  async #failed(job: JobDoc, kind: JobKind<O, object>, error: unknown): Promise<void> {
    const { logger, backbone } = this.#options;
    // What is away comes back: no try is burnt.
    const away = isInfrastructureFailure(error);
    const delay = away ? POLL_MS : kind.retryAfter(job.attempts, error);
    if (delay === null) {
      logger.warn(`job ${job._id}: given up after ${job.attempts} tries (${codeOf(error)})`);
      return this.#end(job, kind.giveUp(job as never, error));
    }
    const now = backbone.clock();
    const lastError = { code: codeOf(error), message: messageOfError(error).slice(0, 500), at: now };
    await this.#jobs.updateOne(
      { _id: job._id, token: job.token },
      {
        $set: { dueAt: new Date(now.getTime() + delay), leasedUntil: new Date(0), token: null, lastError },
        ...(away && { $inc: { attempts: -1 } }),
      },
    );
  }

  /** What the job settles and its end: one transaction. @throws JobLostError */
  async #end(job: JobDoc, settle: Settle<O>): Promise<void> {
    const { backbone, service } = this.#options;
    const cause = { ...job.cause, actorId: `system:${service}` };
    await backbone.store<O>(service as O, cause).inTransaction(async (tx) => {
      const { deletedCount } = await tx.collection<JobDoc>(JOBS).deleteOne({ _id: job._id, token: job.token });
      if (deletedCount === 0) throw new JobLostError();
      await settle(tx);
    });
  }
}
