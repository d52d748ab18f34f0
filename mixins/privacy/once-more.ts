/**
 * Forgets a person once more, when every transaction has ended that may have read them before: such a one writes what
 * the first pass can't see (each reads what the other changes, so neither conflicts).
 */
import { type JobKind, type NewJob, untilDone } from "../jobs/job.ts";
import type { Tx } from "../outbox/transaction.ts";

/** Longer than MongoDB lets a transaction live (60 s), and than a lease of a job that is sending. */
export const ONCE_MORE_AFTER_MS = 90_000;
const FORGET = "forget";

export interface ForgetData {
  userId: string;
}

/** To be scheduled in the transaction of the first pass. */
export const forgetOnceMore = (userId: string, now: Date): NewJob<ForgetData> => ({
  kind: FORGET,
  key: userId,
  data: { userId },
  dueAt: new Date(now.getTime() + ONCE_MORE_AFTER_MS),
});

/** @param forget the first pass, which can run any number of times */
export const onceMoreJob = <O extends string>(
  forget: (tx: Tx<O>, userId: string) => Promise<void>,
): JobKind<O, ForgetData> => ({
  kind: FORGET,
  run:
    async ({ data: { userId } }) =>
    (tx) =>
      forget(tx, userId),
  ...untilDone,
});
