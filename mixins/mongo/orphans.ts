/**
 * Ends open transactions that nobody will end. MongoDB keeps the transaction of a process that was killed, with all
 * its write conflicts, for `transactionLifetimeLimitSeconds` (60 s): everyone who wants the same documents, the next
 * consumer of the same event first, would wait that long (measured). A user may see and kill the own sessions without
 * any further right.
 */
import type { MongoClient } from "mongodb";

/** Longer than any wait inside of our transactions; then its process hangs, microseconds. */
const STALE_US = 30_000_000;
/** How often one process looks, at most, milliseconds. */
const EVERY_MS = 250;

export interface Operation {
  type?: string;
  connectionId?: number;
  /** A UUID, as the driver gives it. */
  lsid?: { id: unknown };
  active?: boolean;
  transaction?: { timeInactiveMicros?: number };
}

/** Pure: sessions with an idle transaction whose connection is gone, or that was left alone for too long. */
export function orphansAmong(operations: readonly Operation[]): { id: unknown }[] {
  const open = new Set(operations.flatMap(({ type, connectionId }) => (type === "op" ? [connectionId] : [])));
  return operations.flatMap(({ type, connectionId, lsid, transaction, active }) => {
    if (type !== "idleSession" || active || !lsid || !transaction) return [];
    const isLeft = !open.has(connectionId) || (transaction.timeInactiveMicros ?? 0) > STALE_US;
    return isLeft ? [{ id: lsid.id }] : [];
  });
}

const lastLook = new WeakMap<MongoClient, number>();

/** Never rejects: where it may not look (a shared cluster, another user's session) the server's own limit has to do. */
export async function endOrphans(client: MongoClient): Promise<number> {
  const now = performance.now();
  if (now - (lastLook.get(client) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return 0;
  lastLook.set(client, now);
  try {
    const admin = client.db("admin");
    const pipeline = [{ $currentOp: { allUsers: false, idleConnections: true, idleSessions: true } }];
    // The client's own majority concern is refused here.
    const options = { maxTimeMS: 2_000, readConcern: { level: "local" as const } };
    const operations = await admin.aggregate<Operation>(pipeline, options).toArray();
    const orphans = orphansAmong(operations);
    if (orphans.length > 0) await admin.command({ killSessions: orphans });
    return orphans.length;
  } catch {
    return 0;
  }
}
