/**
 * One transaction: business writes and outbox rows commit or vanish together.
 *
 * The function may run several times (WriteConflict, a step-down): it must make no effect outside MongoDB.
 */
import type { ClientSession, Db, MongoClient } from "mongodb";
import type { EventMeta } from "../amqp/envelope.ts";
import type { OwnEvent, PayloadOf } from "../kit/contracts.ts";
import { crashPoint } from "../kit/crash-point.ts";
import type { Registry } from "../kit/registry.ts";
import { type Doc, SessionCollection } from "../mongo/session-collection.ts";
import { withTransaction } from "../mongo/transaction.ts";
import { type FactOptions, OUTBOX, type OutboxRow, outboxRow } from "./row.ts";

/** A transaction of service `O`. */
export interface Tx<O extends string = string> {
  /** For driver calls that `collection` does not offer. Pass it on every one of them. */
  readonly session: ClientSession;
  readonly db: Db;
  /** One instant for the whole transaction. */
  readonly now: Date;
  readonly cause: EventMeta;
  collection<T extends Doc>(name: string): SessionCollection<T>;
  /**
   * Writes a fact to the outbox of this transaction; the relay publishes it after the commit.
   * @returns its eventId
   * @throws NotOwnerError, ContractViolatedError, PayloadTooLargeError
   */
  publish<K extends OwnEvent<O>>(eventType: K, payload: PayloadOf<K>, options?: FactOptions): string;
  /** Writes a ready row (replays). */
  enqueue(row: OutboxRow): void;
  /** Runs once the transaction has committed; lost when the process dies, so only for what saves time. Must not throw. */
  afterCommit(hook: () => void): void;
}

export interface TransactionOptions {
  client: MongoClient;
  db: Db;
  service: string;
  registry: Registry;
  now: Date;
  /** Correlation, causation, actor and trace of what is being handled; copied onto every fact. */
  cause: EventMeta;
}

/** Runs `work` in a transaction with majority + journal; rows published by it are inserted just before the commit. */
export async function inTransaction<O extends string, R>(
  options: TransactionOptions,
  work: (tx: Tx<O>) => Promise<R>,
): Promise<R> {
  const { result, committed } = await withTransaction(options.client, async (session) => {
    const rows: OutboxRow[] = [];
    const { tx, committed } = openTx<O>(options, session, rows);
    const result = await work(tx);
    await insertRows(tx, rows);
    crashPoint("service.in-transaction");
    return { result, committed };
  });
  crashPoint("service.after-commit");
  committed();
  return result;
}

export interface OpenTx<O extends string> {
  tx: Tx<O>;
  /** Runs the hooks; to be called after the commit. */
  committed: () => void;
}

/**
 * The transaction's face on a session. Facts are collected in `rows`, to be inserted just before the commit.
 * @param isShared see `SessionCollection`
 */
export function openTx<O extends string>(
  options: TransactionOptions,
  session: ClientSession,
  rows: OutboxRow[],
  isShared = false,
): OpenTx<O> {
  const { db, service, registry, now, cause } = options;
  const hooks: (() => void)[] = [];
  const tx: Tx<O> = {
    session,
    db,
    now,
    cause,
    collection: <T extends Doc>(name: string) => new SessionCollection<T>(db.collection<T>(name), session, isShared),
    publish: (eventType, payload, factOptions = {}) => {
      const row = outboxRow(
        { eventType, payload: payload as object, options: factOptions },
        service,
        now,
        cause,
        registry,
      );
      rows.push(row);
      return row.eventId;
    },
    enqueue: (row) => void rows.push(row),
    afterCommit: (hook) => void hooks.push(hook),
  };
  const committed = (): void => {
    for (const hook of hooks) hook();
  };
  return { tx, committed };
}

export async function insertRows({ db, session }: Pick<Tx, "db" | "session">, rows: OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  const collection = db.collection<OutboxRow>(OUTBOX);
  if (rows.length === 1) await collection.insertOne(rows[0] as OutboxRow, { session });
  else await collection.insertMany(rows, { session });
}
