/**
 * Requests per key and minute, shared by all gateways through MongoDB. The hot path only counts in memory; once a
 * second each key that was used is added to the shared count in one write. So a limit may be passed by what the other
 * gateways let through within that second, and MongoDB's absence leaves each gateway its own count.
 */
import type { Collection } from "mongodb";
import { RateLimitedError } from "../../mixins/kit/errors.ts";
import { messageOfError } from "../../mixins/kit/failure.ts";
import type { Logger } from "../../mixins/kit/implement.ts";

export const WINDOW_MS = 60_000;
const FLUSH_MS = 1_000;

/** `{key}@{number of the window}` */
export interface CounterDoc {
  _id: string;
  count: number;
  /** TTL. */
  expiresAt: Date;
}

interface Counter {
  window: number;
  /** As read last, own share included. */
  shared: number;
  /** Counted here since. */
  local: number;
}

export interface RateLimiterOptions {
  collection: Collection<CounterDoc>;
  logger: Logger;
  now?: () => number;
}

export class RateLimiter {
  readonly #collection: Collection<CounterDoc>;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #counters = new Map<string, Counter>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor({ collection, logger, now = Date.now }: RateLimiterOptions) {
    this.#collection = collection;
    this.#logger = logger;
    this.#now = now;
  }

  async start(): Promise<void> {
    await this.#collection.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
    this.#timer ??= setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.flush();
  }

  /**
   * Counts one request.
   * @param limit per window; 0: none
   * @throws RateLimitedError with the seconds until the window ends
   */
  take(key: string, limit: number): void {
    if (limit === 0) return;
    const now = this.#now();
    const window = Math.floor(now / WINDOW_MS);
    let counter = this.#counters.get(key);
    if (counter?.window !== window) {
      counter = { window, shared: 0, local: 0 };
      this.#counters.set(key, counter);
    }
    counter.local += 1;
    if (counter.shared + counter.local <= limit) return;
    const retryAfter = Math.ceil(((window + 1) * WINDOW_MS - now) / 1000);
    throw new RateLimitedError(`Too many requests. Try again in ${retryAfter} s.`, { retryAfter });
  }

  /** Adds what was counted here to the shared counts, and reads them back. One at a time. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing
      .then(() => this.#flush())
      .catch((error: unknown) => {
        this.#logger.debug(`Rate limit: the shared counts are out of reach (${messageOfError(error)}).`);
      });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const window = Math.floor(this.#now() / WINDOW_MS);
    const used: { id: string; counter: Counter; count: number }[] = [];
    for (const [key, counter] of this.#counters) {
      if (counter.window !== window) this.#counters.delete(key);
      else if (counter.local > 0) used.push({ id: `${key}@${window}`, counter, count: counter.local });
    }
    if (used.length === 0) return;
    const expiresAt = new Date((window + 2) * WINDOW_MS);
    await this.#collection.bulkWrite(
      used.map(({ id, count }) => ({
        updateOne: { filter: { _id: id }, update: { $inc: { count }, $setOnInsert: { expiresAt } }, upsert: true },
      })),
      { ordered: false, writeConcern: { w: 1 } },
    );
    const docs = await this.#collection
      .find({ _id: { $in: used.map(({ id }) => id) } }, { readConcern: { level: "local" } })
      .toArray();
    const counts = new Map(docs.map((doc) => [doc._id, doc.count]));
    for (const { id, counter, count } of used) {
      counter.local -= count;
      counter.shared = Math.max(counts.get(id) ?? 0, counter.shared + count);
    }
  }
}
