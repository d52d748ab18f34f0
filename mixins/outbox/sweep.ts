/**
 * The safety path: finds rows that the live path has not published. No clock decides what is old enough: the sweep
 * notes its candidates, sends a fence row through the change stream, and only when the live path has read the fence
 * does it publish those candidates that are still unpublished. A lagging live path is never overtaken or doubled.
 */
import type { Filter, MongoClient } from "mongodb";
import type { Outcome } from "../amqp/publisher.ts";
import { newId } from "../kit/ids.ts";
import { OUTBOX, type OutboxRow } from "./row.ts";

/** A row that only tells the sweep how far the live path has read. Lives in the relay's own database. */
export interface FenceRow {
  _id: string;
  fence: true;
  publishedAt: Date;
}

export interface SweepOptions {
  client: MongoClient;
  databases: readonly string[];
  /** `{prefix}_relay`. */
  relayDatabase: string;
  /** On its way, or marked since the sweep began to publish. */
  isInPipeline: (id: string) => boolean;
  /** Waits for room, hands the row over, and resolves; `settled` then tells what became of it. */
  dispatch: (database: string, row: OutboxRow) => Promise<{ settled: Promise<Outcome> }>;
  /** Resolves when the live path has read the fence; rejects when it can't in time. */
  fencePassed: (id: string) => Promise<void>;
  mayGoOn: () => boolean;
}

/** Candidates of one database in one round. */
const ROUND = 5_000;
const CHUNK = 500;

export class Sweep {
  readonly #options: SweepOptions;
  #publishing = false;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** True between a reading of rows and their publishing: what is marked meanwhile must not be sent again. */
  get publishing(): boolean {
    return this.#publishing;
  }

  /** @returns number of rows that it published */
  async run(): Promise<number> {
    let swept = 0;
    for (;;) {
      const candidates = await this.#candidates();
      if (candidates.length === 0) break;
      await this.#fence();
      this.#publishing = true;
      const published = await this.#publish(candidates).finally(() => {
        this.#publishing = false;
      });
      swept += published;
      if (published === 0 || !this.#options.mayGoOn()) break;
    }
    return swept + (await this.#unroutable());
  }

  async #candidates(): Promise<{ database: string; ids: string[] }[]> {
    const found = await Promise.all(
      this.#options.databases.map(async (database) => {
        const rows = await this.#outbox(database)
          .find(
            { publishedAt: null, failed: { $exists: false }, unroutable: { $exists: false } },
            { projection: { _id: 1 } },
          )
          .limit(ROUND)
          .toArray();
        return { database, ids: rows.map((row) => row._id).filter((id) => !this.#options.isInPipeline(id)) };
      }),
    );
    return found.filter(({ ids }) => ids.length > 0);
  }

  async #fence(): Promise<void> {
    const { client, relayDatabase, fencePassed } = this.#options;
    const id = newId();
    const passed = fencePassed(id);
    // publishedAt: the TTL index removes it, and no sweep ever takes it for a fact.
    await client
      .db(relayDatabase)
      .collection<FenceRow>(OUTBOX)
      .insertOne({ _id: id, fence: true, publishedAt: new Date() });
    await passed;
  }

  async #publish(candidates: { database: string; ids: string[] }[]): Promise<number> {
    let published = 0;
    for (const { database, ids } of candidates) {
      for (let at = 0; at < ids.length; at += CHUNK) {
        const rows = await this.#unpublished(database, { _id: { $in: ids.slice(at, at + CHUNK) } });
        for (const row of rows) {
          if (!this.#options.mayGoOn()) return published;
          if (this.#options.isInPipeline(row._id)) continue;
          await this.#options.dispatch(database, row);
          published++;
        }
      }
    }
    return published;
  }

  /** One probe per event type (and target); where it gets through, the rest follows. */
  async #unroutable(): Promise<number> {
    let published = 0;
    for (const database of this.#options.databases) {
      const returned = { unroutable: { $exists: true } };
      const types = await this.#outbox(database).distinct("eventType", {
        publishedAt: null,
        failed: { $exists: false },
        ...returned,
      });
      for (const eventType of types) published += await this.#retryType(database, { ...returned, eventType });
    }
    return published;
  }

  async #retryType(database: string, filter: Filter<OutboxRow>): Promise<number> {
    let published = 0;
    for await (const row of this.#outbox(database).find({ ...filter, publishedAt: null, failed: { $exists: false } })) {
      if (!this.#options.mayGoOn()) break;
      if (this.#options.isInPipeline(row._id)) continue;
      const { settled } = await this.#options.dispatch(database, row);
      // The first one is the probe; the others need no waiting.
      if (published === 0 && (await settled).kind !== "routed") break;
      published++;
    }
    return published;
  }

  #unpublished(database: string, filter: Filter<OutboxRow>): Promise<OutboxRow[]> {
    return this.#outbox(database)
      .find({ ...filter, publishedAt: null, failed: { $exists: false } })
      .sort({ _id: 1 })
      .toArray();
  }

  #outbox(database: string) {
    return this.#options.client.db(database).collection<OutboxRow>(OUTBOX);
  }
}
