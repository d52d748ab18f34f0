/**
 * The inbox: one entry per (consumer, eventId), written in the same transaction as the handler's effects. A second
 * delivery finds it (duplicate key) and does nothing; of two at the same moment the second waits for the first
 * (WriteConflict, retried by the driver's `withTransaction`).
 */
import type { ClientSession, Db } from "mongodb";
import { isDuplicateKey } from "../kit/failure.ts";
import { MAX_TIME_MS } from "../mongo/client.ts";

export const INBOX = "inbox";

export interface InboxEntry {
  /** `{consumer}/{eventId}` */
  _id: string;
  consumer: string;
  eventId: string;
  eventType: string;
  at: Date;
  /** Attempt that succeeded, 1 to 6. */
  attempt: number;
  episode: number;
  /** `handled`, or `ignored` when a binding matched but the service has no handler for it. */
  result: "handled" | "ignored";
}

export const inboxKey = (consumer: string, eventId: string): string => `${consumer}/${eventId}`;

/** Claims all of them, first thing in the transaction. Throws a duplicate-key error if one is already done. */
export async function claim(db: Db, session: ClientSession, entries: InboxEntry[]): Promise<void> {
  const inbox = db.collection<InboxEntry>(INBOX);
  const [only] = entries;
  if (entries.length === 1 && only) await inbox.insertOne(only, { session });
  else await inbox.insertMany(entries, { session });
}

/**
 * Those of the events that the consumer has done. What is not yet a majority's counts too, as it does for the duplicate
 * key: the delivery whose transaction that is, is not acknowledged before a majority has it.
 */
export async function doneOf(db: Db, consumer: string, eventIds: readonly string[]): Promise<Set<string>> {
  const keys = eventIds.map((eventId) => inboxKey(consumer, eventId));
  const entries = await db
    .collection<InboxEntry>(INBOX, { readConcern: { level: "local" } })
    .find({ _id: { $in: keys } }, { projection: { eventId: 1 }, maxTimeMS: MAX_TIME_MS })
    .toArray();
  return new Set(entries.map(({ eventId }) => eventId));
}

/** True for the inbox's own duplicate key, and for no other collection's. */
export const isAlreadyDone = (error: unknown, db: Db): boolean =>
  isDuplicateKey(error) && error.message.includes(`${db.databaseName}.${INBOX} `);
