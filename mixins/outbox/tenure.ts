/** One tenure of the relay: from taking the lease to losing it or giving it up. */
import {
  type ChangeStream,
  type ChangeStreamInsertDocument,
  MongoServerError,
  type ResumeToken,
  type Timestamp,
} from "mongodb";
import { ConfirmedPublisher, type Outcome } from "../amqp/publisher.ts";
import type { Backbone } from "../backbone.ts";
import { messageOfError } from "../kit/failure.ts";
import type { Logger } from "../kit/implement.ts";
import type { Lease } from "./lease.ts";
import { Marker } from "./marker.ts";
import { messageOf, type OutgoingMessage } from "./message.ts";
import { OUTBOX, type OutboxRow } from "./row.ts";
import { type FenceRow, Sweep } from "./sweep.ts";
import { Watermark } from "./watermark.ts";

export interface TenureOptions {
  backbone: Backbone;
  logger: Logger;
  lease: Lease;
  databases: readonly string[];
  /** Saved by the last holder; undefined: begin now, and sweep all that is older. */
  token: ResumeToken | undefined;
}

export interface TenureStatus {
  /** Published without a confirm yet. */
  inFlight: number;
  /** Confirmed and not marked yet. */
  unmarked: number;
  /** Read from the change stream and not finished. */
  pending: number;
  published: number;
  returned: number;
  failed: number;
  swept: number;
  blocked: boolean;
}

/**
 * The token is of no use: ChangeStreamHistoryLost, ChangeStreamFatalError, InvalidResumeToken; FailedToParse and
 * Overflow are what MongoDB says to a token that was damaged.
 */
const TOKEN_LOST = new Set<unknown>([286, 280, 260, 9, 15]);
const REOPEN_MS = 500;
/** How often the checkpoint follows the watermark. */
const SAVE_MS = 250;
/** At the end of a tenure: how long to wait for confirms and marks. Less than the lease. */
const FINISH_MS = 3_000;
const FENCE_DEADLINE_MS = 60_000;

type Insert = ChangeStreamInsertDocument<OutboxRow & Partial<FenceRow>>;

interface InPipeline {
  /** Handles of the watermark: the row came by the live path, perhaps also by the sweep. */
  handles: number[];
  settled: Promise<Outcome>;
  settle: (outcome: Outcome) => void;
}

export class Tenure {
  readonly #options: TenureOptions;
  readonly #publisher: ConfirmedPublisher;
  readonly #marker: Marker;
  readonly #sweep: Sweep;
  readonly #watermark = new Watermark<ResumeToken>();
  readonly #pipeline = new Map<string, InPipeline>();
  /** Marked while the sweep publishes what it has read before. */
  readonly #markedMeanwhile = new Set<string>();
  readonly #fences = new Map<string, PromiseWithResolvers<void>>();
  readonly #counts = { published: 0, returned: 0, failed: 0, swept: 0 };
  #ended = false;
  readonly #end = Promise.withResolvers<void>();
  #stream: ChangeStream<OutboxRow, Insert> | undefined;
  /** Of the last event that was read. */
  #readToken: ResumeToken | undefined;
  /** Watermark at the last save. */
  #savedAt: ResumeToken | undefined;
  #isSweeping = false;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: TenureOptions) {
    const { backbone, logger, lease, databases, token } = options;
    const { client, connection, env } = backbone;
    this.#options = options;
    this.#readToken = token;
    this.#publisher = new ConfirmedPublisher({ connection, logger, window: env.RELAY_WINDOW });
    const mayGoOn = (): boolean => !this.#ended && lease.valid;
    this.#marker = new Marker({
      client,
      epoch: () => lease.epoch,
      // Also while finishing: what is confirmed shall be marked.
      mayWrite: () => lease.valid,
      onError: (error) => logger.warn(`Relay: marks are tried again (${messageOfError(error)}).`),
    });
    this.#sweep = new Sweep({
      client,
      databases,
      relayDatabase: backbone.database("relay").databaseName,
      isInPipeline: (id) => this.#pipeline.has(id) || this.#markedMeanwhile.has(id),
      dispatch: async (database, row) => {
        await this.#room();
        return { settled: this.#dispatch(database, row) };
      },
      fencePassed: (id) => this.#fencePassed(id),
      mayGoOn,
    });
  }

  /** Works until `end` is called or the lease is gone. */
  async run(): Promise<void> {
    const { env } = this.#options.backbone;
    this.#publisher.start();
    const startAt = this.#readToken ? undefined : await this.#operationTime();
    const timers = [
      setInterval(() => void this.#renew(), env.RELAY_LEASE_MS / 3),
      setInterval(() => void this.#save(), SAVE_MS),
      setInterval(() => void this.#runSweep(), env.RELAY_SWEEP_MS),
    ];
    void this.#runSweep();
    try {
      await this.#read(startAt);
    } finally {
      for (const timer of timers) clearInterval(timer);
      await this.#finish();
    }
  }

  end(): void {
    this.#ended = true;
    this.#end.resolve();
    this.#cutFences("the tenure ended");
    void this.#stream?.close().catch(() => {});
  }

  sweepNow(): void {
    void this.#runSweep();
  }

  status(): TenureStatus {
    return {
      inFlight: this.#publisher.inFlight,
      unmarked: this.#marker.pending,
      pending: this.#watermark.pending,
      ...this.#counts,
      blocked: this.#options.backbone.connection.blocked,
    };
  }

  get #mayGoOn(): boolean {
    return !this.#ended && this.#options.lease.valid;
  }

  async #read(startAt: Timestamp | undefined): Promise<void> {
    let from: object = startAt ? { startAtOperationTime: startAt } : { resumeAfter: this.#readToken };
    while (this.#mayGoOn) {
      try {
        await this.#readStream(from);
      } catch (error) {
        if (!this.#mayGoOn) return;
        from = await this.#afterStreamError(error, from);
      }
    }
  }

  async #readStream(from: object): Promise<void> {
    const stream = this.#watch(from);
    this.#stream = stream;
    try {
      while (this.#mayGoOn) {
        if (!this.#publisher.hasRoom) await this.#room();
        if (!this.#mayGoOn) return;
        const change = await stream.next();
        if (!this.#mayGoOn) return;
        this.#readToken = change._id;
        this.#onInsert(change);
      }
    } finally {
      await stream.close().catch(() => {});
    }
  }

  #watch(from: object): ChangeStream<OutboxRow, Insert> {
    const { backbone, databases } = this.#options;
    const names = [...databases, backbone.database("relay").databaseName];
    const match = { operationType: "insert", "ns.coll": OUTBOX, "ns.db": { $in: names } };
    return backbone.client.watch<OutboxRow, Insert>([{ $match: match }], {
      batchSize: 1_000,
      maxAwaitTimeMS: 1_000,
      ...from,
    });
  }

  #onInsert({ _id: token, fullDocument: row, ns }: Insert): void {
    const handle = this.#watermark.add(token);
    if (row.fence) {
      this.#fences.get(row._id)?.resolve();
      return this.#watermark.done(handle);
    }
    void this.#dispatch(ns.db, row, handle);
  }

  /** Publishes, then marks. A row that is on its way already is not sent a second time. */
  #dispatch(database: string, row: OutboxRow, handle?: number): Promise<Outcome> {
    const known = this.#pipeline.get(row._id);
    if (known) {
      if (handle !== undefined) known.handles.push(handle);
      return known.settled;
    }
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#pipeline.set(row._id, { handles: handle === undefined ? [] : [handle], settled: promise, settle: resolve });
    let message: OutgoingMessage;
    try {
      message = messageOf(row);
    } catch (error) {
      this.#settled(database, row, { kind: "failed", reason: messageOfError(error) });
      return promise;
    }
    this.#publisher.publish(message, (outcome) => this.#settled(database, row, outcome));
    return promise;
  }

  #settled(database: string, row: OutboxRow, outcome: Outcome): void {
    if (outcome.kind === "routed") this.#counts.published++;
    else if (outcome.kind === "unroutable") this.#counts.returned++;
    else this.#counts.failed++;
    if (outcome.kind !== "routed") {
      this.#options.logger.warn(
        `Relay: ${row.eventType} ${row.eventId} is ${outcome.kind}${outcome.kind === "failed" ? ` (${outcome.reason})` : ""}.`,
      );
    }
    this.#marker.add({ database, id: row._id, outcome, onMarked: () => this.#marked(row._id, outcome) });
  }

  #marked(id: string, outcome: Outcome): void {
    const entry = this.#pipeline.get(id);
    this.#pipeline.delete(id);
    if (this.#sweep.publishing) this.#markedMeanwhile.add(id);
    if (!entry) return;
    for (const handle of entry.handles) this.#watermark.done(handle);
    entry.settle(outcome);
  }

  async #afterStreamError(error: unknown, from: object): Promise<object> {
    const { lease, logger } = this.#options;
    const lost = error instanceof MongoServerError && TOKEN_LOST.has(error.code);
    logger.warn(
      `Relay: change stream ended (${messageOfError(error)}); ${lost ? "its token is lost, sweeping" : "opening it again"}.`,
    );
    if (!lost) {
      await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
      return this.#readToken ? { resumeAfter: this.#readToken } : from;
    }
    await lease.forgetToken();
    this.#readToken = undefined;
    const startAt = await this.#operationTime();
    // What waits for a fence from before this moment would wait in vain.
    this.#cutFences("the change stream begins anew");
    void this.#sweeping.then(() => this.#runSweep());
    return { startAtOperationTime: startAt };
  }

  async #operationTime(): Promise<Timestamp> {
    const reply = await this.#options.backbone.client.db("admin").command({ ping: 1 });
    return reply.operationTime as Timestamp;
  }

  async #room(): Promise<void> {
    if (!this.#publisher.hasRoom) await Promise.race([this.#publisher.room(), this.#end.promise]);
  }

  #fencePassed(id: string): Promise<void> {
    const fence = Promise.withResolvers<void>();
    const late = new Error("the live path lags, the sweep waits for its next turn");
    const timer = setTimeout(() => fence.reject(late), FENCE_DEADLINE_MS);
    this.#fences.set(id, fence);
    return fence.promise.finally(() => {
      clearTimeout(timer);
      this.#fences.delete(id);
    });
  }

  #cutFences(reason: string): void {
    for (const fence of this.#fences.values()) fence.reject(new Error(reason));
  }

  #runSweep(): Promise<void> {
    if (!this.#isSweeping && this.#mayGoOn) this.#sweeping = this.#sweepOnce();
    return this.#sweeping;
  }

  async #sweepOnce(): Promise<void> {
    this.#isSweeping = true;
    try {
      const swept = await this.#sweep.run();
      this.#counts.swept += swept;
      if (swept > 0) this.#options.logger.info(`Relay: the sweep published ${swept} rows.`);
    } catch (error) {
      if (this.#mayGoOn) this.#options.logger.warn(`Relay: sweep not finished (${messageOfError(error)}).`);
    } finally {
      this.#isSweeping = false;
      this.#markedMeanwhile.clear();
    }
  }

  async #renew(): Promise<void> {
    const { lease, logger } = this.#options;
    const token = this.#safeToken();
    try {
      if (await lease.renew(token)) return;
      logger.warn("Relay: another replica holds the lease now.");
    } catch (error) {
      if (lease.valid) return;
      logger.warn(`Relay: the lease could not be renewed in time (${messageOfError(error)}).`);
    }
    this.end();
  }

  /** No further than the watermark; when nothing is pending, the stream's own idle token is as good. */
  #safeToken(): ResumeToken | undefined {
    if (this.#watermark.pending > 0) return this.#watermark.token;
    return this.#stream?.resumeToken ?? this.#watermark.token;
  }

  /** Between the renewals: only when events have passed since. */
  async #save(): Promise<void> {
    const passed = this.#watermark.token;
    if (!passed || passed === this.#savedAt || !this.#mayGoOn) return;
    this.#savedAt = passed;
    await this.#renew();
  }

  /** Orderly end: what was published gets a moment to be confirmed and marked, then the token is saved. */
  async #finish(): Promise<void> {
    const { lease } = this.#options;
    const deadline = performance.now() + FINISH_MS;
    while (this.#pipeline.size > 0 && lease.valid && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (lease.valid && this.#watermark.token) await lease.renew(this.#watermark.token).catch(() => {});
    await this.#publisher.stop();
    this.#marker.clear();
  }
}
