/**
 * `withTransaction` with a deadline. The driver goes on for 120 s while MongoDB is away, and its own `timeoutMS` has
 * no effect (driver 7.9): a request would hang and a consumer would notice an outage two minutes late.
 */
import type { ClientSession, MongoClient } from "mongodb";
import { TRANSACTION } from "./client.ts";

/** No new try is begun after this, milliseconds. A commit that is under way is not cut off: its outcome is not known. */
export const TRANSACTION_DEADLINE_MS = 5_000;

/** Not a MongoError: for any of those the driver would try again. */
class DeadlinePassed extends Error {}

/** `work` may run several times. @throws what the last try threw, once the deadline has passed */
export async function withTransaction<R>(
  client: MongoClient,
  work: (session: ClientSession) => Promise<R>,
  deadlineMs = TRANSACTION_DEADLINE_MS,
): Promise<R> {
  const session = client.startSession();
  const deadline = performance.now() + deadlineMs;
  let last: unknown;
  try {
    return await session.withTransaction(async () => {
      if (last !== undefined && performance.now() > deadline) throw new DeadlinePassed();
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
