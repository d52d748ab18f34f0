/**
 * The change stream over every `outbox`, opened again whenever it ends: from the last event that was read, or from now
 * on where the server does not know that event any more.
 */
import {
  type ChangeStream,
  type ChangeStreamInsertDocument,
  type MongoClient,
  MongoServerError,
  type ResumeToken,
  type Timestamp,
} from "mongodb";
import { messageOfError } from "../kit/failure.ts";
import type { Logger } from "../kit/implement.ts";
import { ReadAhead } from "./read-ahead.ts";
import { OUTBOX, type OutboxRow } from "./row.ts";
import type { FenceRow } from "./sweep.ts";

export type Insert = ChangeStreamInsertDocument<OutboxRow & Partial<FenceRow>>;

export interface LivePathOptions {
  client: MongoClient;
  logger: Logger;
  /** All whose `outbox` is watched, the relay's own too. */
  databases: readonly string[];
  /** Where to begin; undefined: now. */
  token: ResumeToken | undefined;
  mayGoOn: () => boolean;
  /** Resolves when another event may be handed over; undefined: at once. */
  room: () => Promise<void> | undefined;
  onInsert: (change: Insert) => void;
  /** The saved token is of no use, and whatever happened up to now has to be swept. */
  onLost: () => Promise<void>;
}

/**
 * ChangeStreamHistoryLost, ChangeStreamFatalError, InvalidResumeToken; FailedToParse and Overflow are what MongoDB says
 * to a token that was damaged.
 */
const TOKEN_LOST = new Set<unknown>([286, 280, 260, 9, 15]);
const REOPEN_MS = 500;
/**
 * What MongoDB looks for. It asks this of each entry of the oplog, whosever it is, and makes of a condition on `ns` some
 * forty conditions with a regular expression for every database: 22 µs for an entry that is nobody's business here. Of
 * this one field, which only outbox rows have, it makes one look (5 µs). Whose row it is, we see ourselves.
 */
export const LOOKS_LIKE_A_ROW = { operationType: "insert", "fullDocument.publishedAt": { $exists: true } };
export const isRowOf = (databases: readonly string[], { ns }: Pick<Insert, "ns">): boolean =>
  ns.coll === OUTBOX && databases.includes(ns.db);
/** Read before there is room for it: the stream's next batch. */
const READ_AHEAD = { items: 1_000, bytes: 8 * 1024 * 1024 };

export const isTokenLost = (error: unknown): boolean => error instanceof MongoServerError && TOKEN_LOST.has(error.code);

export class LivePath {
  readonly #options: LivePathOptions;
  readonly #ahead = new ReadAhead<Insert>(READ_AHEAD);
  #stream: ChangeStream<OutboxRow, Insert> | undefined;
  /** Of the last event that was read. */
  #readToken: ResumeToken | undefined;
  #from: { resumeAfter: ResumeToken } | { startAtOperationTime: Timestamp } | undefined;

  constructor(options: LivePathOptions) {
    this.#options = options;
    this.#readToken = options.token;
  }

  /** The stream's own position; undefined while it is ahead of what was handed over. */
  get idleToken(): ResumeToken | undefined {
    return this.#ahead.isEmpty ? this.#stream?.resumeToken : undefined;
  }

  /** Settles where to start: everything that is committed after this moment will be read. */
  async begin(): Promise<void> {
    const { token } = this.#options;
    this.#from = token ? { resumeAfter: token } : { startAtOperationTime: await this.#operationTime() };
  }

  /** Reads until it may not go on. */
  async read(): Promise<void> {
    await Promise.all([this.#readOn(), this.#handOver()]);
  }

  close(): void {
    this.#ahead.close();
    void this.#stream?.close().catch(() => {});
  }

  async #handOver(): Promise<void> {
    const { mayGoOn, room, onInsert } = this.#options;
    while (mayGoOn()) {
      // No await where there is room: one turn less for every event.
      const full = room();
      if (full) await full;
      if (!mayGoOn()) return;
      const change = this.#ahead.take();
      if (change) onInsert(change);
      else await this.#ahead.arrival();
    }
  }

  async #readOn(): Promise<void> {
    while (this.#options.mayGoOn()) {
      try {
        await this.#readStream();
      } catch (error) {
        if (!this.#options.mayGoOn()) return;
        await this.#afterError(error);
      }
    }
  }

  async #readStream(): Promise<void> {
    const { mayGoOn } = this.#options;
    const stream = this.#watch();
    this.#stream = stream;
    try {
      while (mayGoOn()) {
        if (!this.#ahead.hasRoom) await this.#ahead.room();
        if (!mayGoOn()) return;
        const change = await stream.next();
        if (!mayGoOn()) return;
        this.#readToken = change._id;
        // `body`: a fence has none.
        if (isRowOf(this.#options.databases, change)) this.#ahead.push(change, change.fullDocument.body?.length ?? 0);
      }
    } finally {
      await stream.close().catch(() => {});
    }
  }

  #watch(): ChangeStream<OutboxRow, Insert> {
    return this.#options.client.watch<OutboxRow, Insert>([{ $match: LOOKS_LIKE_A_ROW }], {
      batchSize: 1_000,
      maxAwaitTimeMS: 1_000,
      ...this.#from,
    });
  }

  async #afterError(error: unknown): Promise<void> {
    const lost = isTokenLost(error);
    this.#options.logger.warn(
      `Relay: change stream ended (${messageOfError(error)}); ${lost ? "its token is lost, sweeping" : "opening it again"}.`,
    );
    if (!lost) {
      await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
      if (this.#readToken) this.#from = { resumeAfter: this.#readToken };
      return;
    }
    this.#readToken = undefined;
    this.#from = { startAtOperationTime: await this.#operationTime() };
    await this.#options.onLost();
  }

  async #operationTime(): Promise<Timestamp> {
    const reply = await this.#options.client.db("admin").command({ ping: 1 });
    return reply.operationTime as Timestamp;
  }
}
