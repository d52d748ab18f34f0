/**
 * Marks rows in batches, off the publishing path: published, unroutable or failed. A mark never overwrites one of a
 * later epoch, and never un-publishes.
 */
import type { Collection, MongoClient } from "mongodb";
import type { Outcome } from "../amqp/publisher.ts";
import { crashPoint } from "../kit/crash-point.ts";
import { inBulk, publishedMark, unpublishedMark } from "./queries.ts";
import { OUTBOX, type OutboxRow } from "./row.ts";

export interface Mark {
  database: string;
  id: string;
  outcome: Outcome;
  /** Called after the mark is durable. */
  onMarked: () => void;
}

/** Largest batch. */
const BATCH = 1_000;
/** How long a smaller one waits for company, milliseconds. */
const LINGER_MS = 50;
/** So many wait no longer. Well below the relay's window, which is full of them meanwhile. */
const ENOUGH = 200;
const RETRY_MS = 200;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Marker {
  readonly #client: MongoClient;
  /** May marks still be written? Asked before each batch. */
  readonly #mayWrite: () => boolean;
  readonly #epoch: () => number;
  readonly #onError: (error: unknown) => void;
  #pending: Mark[] = [];
  #running = false;
  #onEnough: (() => void) | undefined;

  constructor(options: {
    client: MongoClient;
    epoch: () => number;
    mayWrite: () => boolean;
    onError: (error: unknown) => void;
  }) {
    this.#client = options.client;
    this.#epoch = options.epoch;
    this.#mayWrite = options.mayWrite;
    this.#onError = options.onError;
  }

  get pending(): number {
    return this.#pending.length;
  }

  add(mark: Mark): void {
    this.#pending.push(mark);
    if (this.#pending.length >= ENOUGH) this.#onEnough?.();
    if (!this.#running) void this.#run();
  }

  /** Drops what is not marked: the next holder's sweep finds those rows. */
  clear(): void {
    this.#pending = [];
    this.#onEnough?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#pending.length > 0) {
      await this.#company();
      if (!this.#mayWrite()) break;
      const written = await this.#write(this.#pending.splice(0, BATCH));
      if (!written) await sleep(RETRY_MS);
    }
    this.#running = false;
  }

  #company(): Promise<void> {
    if (this.#pending.length >= ENOUGH) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LINGER_MS);
      this.#onEnough = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #write(batch: Mark[]): Promise<boolean> {
    crashPoint("relay.before-mark");
    try {
      const byDatabase = Map.groupBy(batch, (mark) => mark.database);
      await Promise.all([...byDatabase].map(([database, marks]) => this.#writeOne(database, marks)));
    } catch (error) {
      // Marks are idempotent: the whole batch is tried again.
      this.#onError(error);
      this.#pending.unshift(...batch);
      return false;
    }
    crashPoint("relay.after-mark");
    for (const mark of batch) mark.onMarked();
    return true;
  }

  async #writeOne(database: string, marks: Mark[]): Promise<void> {
    const outbox: Collection<OutboxRow> = this.#client.db(database).collection<OutboxRow>(OUTBOX);
    const epoch = this.#epoch();
    const routed = marks.filter((mark) => mark.outcome.kind === "routed").map((mark) => mark.id);
    if (routed.length > 0) {
      const { filter, update } = publishedMark(routed, epoch);
      await outbox.updateMany(filter, update);
    }
    const others = marks.flatMap(({ id, outcome }) =>
      outcome.kind === "routed" ? [] : inBulk(unpublishedMark(id, outcome, epoch, new Date())),
    );
    if (others.length > 0) await outbox.bulkWrite(others, { ordered: false });
  }
}
