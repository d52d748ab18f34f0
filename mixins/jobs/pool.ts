/** Claims and runs jobs of some lanes, so many at a time: at once when told of them, else by polling. */
import { codeOf } from "../kit/failure.ts";
import type { Logger } from "../kit/implement.ts";
import type { Gate } from "./gate.ts";
import type { JobDoc } from "./job.ts";
import { Lanes, type Weights } from "./lanes.ts";

export const POLL_MS = 1_000;

export interface PoolOptions {
  /** Jobs at a time. */
  concurrency: number;
  /** Lane -> weight. A lane belongs to one pool. */
  lanes: Weights;
  /** Asked before every job. */
  gate?: Gate;
}

export interface PoolWork {
  /** At most so many. */
  claim(lane: string, most: number): Promise<JobDoc[]>;
  run(job: JobDoc): Promise<void>;
  /** Gives a claimed job back as it was. */
  release(job: JobDoc): Promise<void>;
  logger: Logger;
}

export class JobPool {
  readonly #options: PoolOptions;
  readonly #work: PoolWork;
  readonly #lanes: Lanes;
  readonly #active = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #claiming: Promise<void> | undefined;
  /** `performance.now()` before which nothing is claimed: the gate is shut. */
  #shutUntil = 0;
  #stopping = new AbortController();

  constructor(options: PoolOptions, work: PoolWork) {
    this.#options = options;
    this.#work = work;
    this.#lanes = new Lanes(options.lanes);
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#stopping = new AbortController();
    this.#look();
  }

  /** Waits for what runs; what waits for its turn is given back. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#stopping.abort();
    await this.#claiming;
    await Promise.all(this.#active);
  }

  /** A job of this lane is due. */
  add(lane: string): void {
    if (!this.#running) return;
    this.#lanes.add(lane);
    this.#claim();
  }

  /** There may be work in any lane. */
  #look(): void {
    if (!this.#running) return;
    this.#lanes.openAll();
    this.#claim();
  }

  #claim(): void {
    this.#claiming ??= this.#claimAll().then((readable) => {
      this.#claiming = undefined;
      if (!this.#running) return;
      // News of a job, or the end of one, may have come between the last look and here.
      if (readable && this.#mayClaim() && this.#lanes.anyOpen) return this.#claim();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), this.#pollMs());
    });
  }

  #mayClaim(): boolean {
    return this.#running && this.#active.size < this.#options.concurrency && performance.now() >= this.#shutUntil;
  }

  #pollMs(): number {
    const shut = this.#shutUntil - performance.now();
    return shut > 0 ? Math.min(shut, 60_000) : POLL_MS;
  }

  /** @returns false when MongoDB could not be read: it is asked again at the next poll */
  async #claimAll(): Promise<boolean> {
    clearTimeout(this.#timer);
    try {
      // The jobs of one transaction are told of one after the other.
      await null;
      while (this.#mayClaim()) {
        const turns = this.#turns();
        if (turns.size === 0) break;
        for (const [lane, count] of turns) {
          const jobs = await this.#work.claim(lane, count);
          if (jobs.length === count) this.#lanes.found(lane);
          else this.#lanes.empty(lane);
          for (const job of jobs) await this.#admit(job);
        }
      }
      return true;
    } catch (error) {
      this.#work.logger.warn(`jobs: can't be read (${codeOf(error)}); trying again`);
      return false;
    }
  }

  /** Lane -> turns, for as many hands as are free. A gate lets one job pass at a time. */
  #turns(): Map<string, number> {
    const { concurrency, gate } = this.#options;
    const turns = new Map<string, number>();
    for (let free = gate ? 1 : concurrency - this.#active.size; free > 0; free--) {
      const lane = this.#lanes.take();
      if (lane === undefined) break;
      turns.set(lane, (turns.get(lane) ?? 0) + 1);
    }
    return turns;
  }

  async #admit(job: JobDoc): Promise<void> {
    const { gate } = this.#options;
    if (!gate) return this.#launch(job, 0);
    const { granted, inMs } = await gate.take().catch(async (error: unknown) => {
      await this.#work.release(job);
      throw error;
    });
    if (granted) return this.#launch(job, inMs);
    this.#shutUntil = performance.now() + inMs;
    await this.#work.release(job);
  }

  #launch(job: JobDoc, inMs: number): void {
    const work = this.#runAfter(job, inMs).finally(() => {
      this.#active.delete(work);
      if (this.#running && this.#lanes.anyOpen) this.#claim();
    });
    this.#active.add(work);
  }

  async #runAfter(job: JobDoc, inMs: number): Promise<void> {
    if (inMs > 0) await sleep(inMs, this.#stopping.signal);
    if (!this.#running) await this.#work.release(job).catch(() => {});
    else await this.#work.run(job);
  }
}

/** Ends early, without an error, when told to stop. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
