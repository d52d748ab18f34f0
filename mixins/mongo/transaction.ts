/**
 * `withTransaction` with a deadline. The driver goes on for 120 s while MongoDB is away, and its own `timeoutMS` has
 * no effect (driver 7.9): a request would hang and a consumer would notice an outage two minutes late.
 */
import type { ClientSession, MongoClient } from "mongodb";
import { isWriteConflict } from "../kit/failure.ts";
import { TRANSACTION } from "./client.ts";
import { endOrphans } from "./orphans.ts";

/** No new try is begun after this, milliseconds. A commit that is under way is not cut off: its outcome is not known. */
export const TRANSACTION_DEADLINE_MS = 5_000;

/** Rivals that live have committed by then, milliseconds. */
const CONFLICT_MS = 100;

/** Not a MongoError: for any of those the driver would try again. */
class DeadlinePassed extends Error {}

/** `work` may run several times. @throws what the last try threw, once the deadline has passed */
export async function withTransaction<R>(
  client: MongoClient,
  work: (session: ClientSession) => Promise<R>,
  deadlineMs = TRANSACTION_DEADLINE_MS,
): Promise<R> {
  const session = client.startSession();
  const since = performance.now();
  let last: unknown;
  try {
    return await session.withTransaction(async () => {
      const spent = performance.now() - since;
      if (last !== undefined && spent > deadlineMs) throw new DeadlinePassed();
      if (isWriteConflict(last) && spent > CONFLICT_MS) await endOrphans(client);
      try {
        return await work(session);
      } catch (error) {
        last = error;
        throw error;
      }
    }, TRANSACTION);
  } catch (error) {
    throw error instanceof DeadlinePassed ? last : error;
  } finally {
    await session.endSession();
  }
}
