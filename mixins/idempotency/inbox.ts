/**
 * The inbox: one entry per (consumer, eventId), written in the same transaction as the handler's effects. A second
 * delivery finds it (duplicate key) and does nothing; of two at the same moment the second waits for the first
 * (WriteConflict, retried by the driver's `withTransaction`).
 */
import type { ClientSession, Db } from "mongodb";
import { isDuplicateKey } from "../kit/failure.ts";

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

/** True for the inbox's own duplicate key, and for no other collection's. */
export const isAlreadyDone = (error: unknown, db: Db): boolean =>
  isDuplicateKey(error) && error.message.includes(`${db.databaseName}.${INBOX} `);
