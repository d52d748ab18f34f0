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

/** Largest batch, and how long a smaller one waits for company, milliseconds. */
const BATCH = 1_000;
const LINGER_MS = 50;
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
  #timer: NodeJS.Timeout | undefined;

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
    if (this.#running) return;
    if (this.#pending.length >= BATCH) void this.#run();
    else this.#timer ??= setTimeout(() => void this.#run(), LINGER_MS);
  }

  /** Drops what is not marked: the next holder's sweep finds those rows. */
  clear(): void {
    this.#pending = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#pending.length > 0 && this.#mayWrite()) {
      const batch = this.#pending.splice(0, BATCH);
      const written = await this.#write(batch);
      if (!written) await sleep(RETRY_MS);
      else if (this.#pending.length < BATCH) await sleep(LINGER_MS);
    }
    this.#running = false;
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
