/**
 * Drains `{service}.dlq` into the archive: one document per (consumer, eventId) and its audit entry in one majority
 * transaction, then the ack. While MongoDB is away everything is given back once and nothing is consumed, so nothing
 * turns in a requeue loop.
 */
import type { Db } from "mongodb";
import { deadLetterQueueOf } from "../amqp/names.ts";
import { type Delivery, Subscription } from "../amqp/subscription.ts";
import type { Backbone } from "../backbone.ts";
import { crashPoint } from "../kit/crash-point.ts";
import { messageOfError } from "../kit/failure.ts";
import type { Logger } from "../kit/implement.ts";
import { archiveBatch } from "./archive-batch.ts";
import { pauseMs } from "./policy.ts";
import { settle, settleReplays } from "./settle.ts";

export interface ArchiverOptions {
  service: string;
  backbone: Backbone;
  logger: Logger;
}

const PREFETCH = 50;
/** Bytes of bodies in one transaction; a single larger one goes alone. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** Stop: wait this long for the batch under way, milliseconds. */
const STOP_MS = 8_000;
/** How often replays are looked up in the inbox, and every how many of those everything is, milliseconds. */
const SETTLE_MS = 30_000;
const SETTLE_ALL_EVERY = 20;

export class DeadLetterArchiver {
  readonly #options: ArchiverOptions;
  readonly #db: Db;
  readonly #subscription: Subscription;
  #waiting: Delivery[] = [];
  #running = false;
  #working: Promise<void> | undefined;
  #settling: NodeJS.Timeout | undefined;
  #settled = 0;
  #wake: (() => void) | undefined;
  /** Counters since the start, for metrics. `dropped`: a copy of an event that is done; `known`: a second copy. */
  readonly counts = {
    archived: 0,
    reopened: 0,
    dropped: 0,
    known: 0,
    resolved: 0,
    outages: 0,
  };

  constructor(options: ArchiverOptions) {
    const { service, backbone, logger } = options;
    this.#options = options;
    this.#db = backbone.database(service);
    this.#subscription = new Subscription({
      connection: backbone.consuming,
      repair: () => backbone.connection.repair(),
      queue: deadLetterQueueOf(service),
      logger,
      onDelivery: (delivery) => this.#receive(delivery),
      // The broker has given all of it back already.
      onLost: () => {
        this.#waiting = [];
      },
    });
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#subscription.resume(PREFETCH);
    this.#settling = setInterval(() => void this.#settle(), SETTLE_MS);
    this.#settling.unref();
    void this.#settle();
  }

  /** Finishes the batch that is being written and gives back the rest. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    clearInterval(this.#settling);
    this.#wake?.();
    await this.#subscription.pause();
    this.#waiting = [];
    // A commit without an answer would go on for 120 s; what was not acked comes again and is known then.
    await Promise.race([this.#working, this.#sleep(STOP_MS)]);
    this.#wake?.();
    await this.#subscription.close();
  }

  #receive(delivery: Delivery): void {
    this.#waiting.push(delivery);
    // What arrives in one read of the socket shares a transaction.
    this.#working ??= new Promise((resolve) => setImmediate(resolve))
      .then(() => this.#work())
      .finally(() => {
        this.#working = undefined;
        if (this.#running && this.#waiting.length > 0) this.#receiveRest();
      });
  }

  #receiveRest(): void {
    const next = this.#waiting.pop();
    if (next) this.#receive(next);
  }

  async #work(): Promise<void> {
    for (let failures = 0; this.#running && this.#waiting.length > 0; ) {
      const batch = this.#takeBatch();
      if (await this.#archive(batch)) failures = 0;
      else await this.#waitForMongo(failures++);
    }
  }

  #takeBatch(): Delivery[] {
    const batch: Delivery[] = [];
    let bytes = 0;
    for (const delivery of this.#waiting) {
      bytes += delivery.message.content.length;
      if (batch.length > 0 && bytes > MAX_BATCH_BYTES) break;
      batch.push(delivery);
    }
    this.#waiting.splice(0, batch.length);
    return batch.filter((delivery) => this.#subscription.isLive(delivery));
  }

  /** One transaction for all; on an error one each, so that one bad message does not hold up the others. */
  async #archive(batch: Delivery[]): Promise<boolean> {
    try {
      await this.#write(batch);
      return true;
    } catch (error) {
      this.#options.logger.warn(
        `${this.#options.service}: dead letters could not be archived (${messageOfError(error)}).`,
      );
    }
    if (batch.length === 1 || !(await this.#isMongoThere())) return false;
    const outcomes: boolean[] = [];
    for (const delivery of batch) outcomes.push(await this.#archive([delivery]));
    return outcomes.every(Boolean);
  }

  async #write(batch: Delivery[]): Promise<void> {
    const { backbone, service } = this.#options;
    const outcome = await archiveBatch(
      { backbone, db: this.#db, service },
      batch.map(({ message }) => message),
    );
    crashPoint("archiver.before-ack");
    for (const key of ["archived", "reopened", "dropped", "known"] as const) this.counts[key] += outcome[key];
    for (const delivery of batch) this.#subscription.ack(delivery);
  }

  /** Gives everything back, once, and consumes again when MongoDB answers. */
  async #waitForMongo(failures: number): Promise<void> {
    this.counts.outages++;
    this.#waiting = [];
    await this.#subscription.close();
    for (let tries = failures; this.#running; tries++) {
      await this.#sleep(pauseMs(tries));
      if (this.#running && (await this.#isMongoThere())) return this.#subscription.resume(PREFETCH);
    }
  }

  async #isMongoThere(): Promise<boolean> {
    try {
      await this.#db.command({ ping: 1 });
      return true;
    } catch {
      return false;
    }
  }

  async #settle(): Promise<void> {
    const { backbone, service, logger } = this.#options;
    try {
      const run = this.#settled++ % SETTLE_ALL_EVERY === 0 ? settle : settleReplays;
      this.counts.resolved += await run({ backbone, db: this.#db, service });
    } catch (error) {
      logger.warn(
        `${service}: replays could not be looked up in the inbox (${messageOfError(error)}); trying again in ${SETTLE_MS / 1000} s.`,
      );
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
