/**
 * Jobs: work with an effect outside MongoDB, and timers. A job is scheduled in the transaction of the change that asks
 * for it, so it exists if and only if the change does; it runs at least once, at or after its due time, on any node.
 * It is claimed under a lease with a fencing token: what it settles commits together with its end, or not at all.
 */
import { randomUUID } from "node:crypto";
import type { Collection, Db } from "mongodb";
import type { EventMeta } from "../amqp/envelope.ts";
import type { Tx } from "../outbox/transaction.ts";

export const JOBS = "jobs";

export interface JobDoc<D extends object = object> {
  /** `{kind}/{key}`: the same key is scheduled once. */
  _id: string;
  kind: string;
  data: D;
  /** Not before. */
  dueAt: Date;
  /** Begun so often. */
  attempts: number;
  /** Nobody else takes it until then (server time). */
  leasedUntil: Date;
  /** Fencing token of the present claim. */
  token: string | null;
  /** Of the change that scheduled it; goes onto the facts that it settles. */
  cause: EventMeta;
  lastError: { code: string; message: string; at: Date } | null;
}

export interface NewJob<D extends object> {
  kind: string;
  key: string;
  data: D;
  /** Default: at once. */
  dueAt?: Date;
}

/** What a job does once its outside work is done; runs in the transaction that ends the job, possibly several times. */
export type Settle<O extends string> = (tx: Tx<O>) => Promise<void>;

export interface JobKind<O extends string, D extends object = never> {
  readonly kind: string;
  /** The outside work. May run again after a crash: pass the job's id as idempotency key where the other side takes one. */
  run(job: JobDoc<D>): Promise<Settle<O>>;
  /** Milliseconds until the next try after this many failed ones, or null to give up. */
  retryAfter(attempts: number, error: unknown): number | null;
  giveUp(job: JobDoc<D>, error: unknown): Settle<O>;
}

export async function ensureJobIndexes(db: Db): Promise<void> {
  await db.collection<JobDoc>(JOBS).createIndex({ dueAt: 1 });
}

/** Scheduling the same key again changes nothing while the job is there. */
export async function insertJob<D extends object>(tx: Tx, job: NewJob<D>): Promise<void> {
  const { kind, key, data, dueAt = tx.now } = job;
  const fields: Omit<JobDoc<D>, "_id"> = {
    kind,
    data,
    dueAt,
    attempts: 0,
    leasedUntil: new Date(0),
    token: null,
    cause: tx.cause,
    lastError: null,
  };
  await tx
    .collection<JobDoc<D>>(JOBS)
    .updateOne({ _id: `${kind}/${key}` }, { $setOnInsert: fields as never }, { upsert: true });
}

/** Longest time that a run may take, milliseconds: afterwards another node may take the job. */
export const LEASE_MS = 60_000;

/** Takes the job that has been due longest. `now`: the domain's clock; the lease goes by the server's. */
export const claimJob = (jobs: Collection<JobDoc>, kinds: readonly string[], now: Date): Promise<JobDoc | null> =>
  jobs.findOneAndUpdate(
    { dueAt: { $lte: now }, kind: { $in: kinds }, $expr: { $lte: ["$leasedUntil", "$$NOW"] } },
    [
      {
        $set: {
          leasedUntil: { $add: ["$$NOW", LEASE_MS] },
          token: randomUUID(),
          attempts: { $add: ["$attempts", 1] },
        },
      },
    ],
    { sort: { dueAt: 1 }, returnDocument: "after" },
  );
