/**
 * Jobs: work with an effect outside MongoDB, and timers. A job is scheduled in the transaction of the change that asks
 * for it, so it exists if and only if the change does; it runs at least once, at or after its due time, on any node.
 * It is claimed under a lease with a fencing token: what it settles commits together with its end, or not at all.
 */
import { randomUUID } from "node:crypto";
import type { Collection, Db, Document, Filter } from "mongodb";
import type { EventMeta } from "../amqp/envelope.ts";
import type { Tx } from "../outbox/transaction.ts";

export const JOBS = "jobs";
export const DEFAULT_LANE = "default";

export interface JobDoc<D extends object = object> {
  /** `{kind}/{key}`: the same key is scheduled once. */
  _id: string;
  kind: string;
  /** Absent: the default one. */
  lane?: string;
  data: D;
  /** Not before. */
  dueAt: Date;
  /** Begun so often. */
  attempts: number;
  /** Failed so often by its own fault; a run that died with its process has not. Absent in those of older versions. */
  failures?: number;
  /** Its lease ran out so often under a run: that died with its process, or took too long. Absent likewise. */
  lapses?: number;
  /** Nobody else takes it until then (server time). */
  leasedUntil: Date;
  /** Fencing token of the present claim. */
  token: string | null;
  /** Of the change that scheduled it; goes onto the facts that it settles. */
  cause: EventMeta;
  lastError: { code: string; message: string; at: Date } | null;
  /** Scheduled so often since it is there. */
  asked?: number;
}

export interface NewJob<D extends object> {
  kind: string;
  key: string;
  data: D;
  /** Default: at once. */
  dueAt?: Date;
  /** Of the runner's pools; default: the default one. */
  lane?: string;
  /** Default: the transaction's. */
  cause?: EventMeta;
}

/** `free`: the try does not count, for a failure that is not the job's. */
export type Retry = number | { inMs: number; free: true };

/** What a job does once its outside work is done; runs in the transaction that ends the job, possibly several times. */
export type Settle<O extends string> = (tx: Tx<O>) => Promise<void>;

/** What one of several runs has come to; its facts go by its own `tx`. */
export interface End<O extends string, E> {
  readonly tx: Tx<O>;
  readonly end: E;
}

/** What runs have come to is written in one transaction, in as few steps as that of one. */
export type EndTogether<O extends string, E> = (ends: readonly End<O, E>[]) => Promise<void>;

interface Work<D extends object, E> {
  readonly kind: string;
  /** The outside work. May run again after a crash: pass the job's id as idempotency key where the other side takes one. */
  run(job: JobDoc<D>): Promise<E>;
  /** Milliseconds until the next try after this many failed ones, or null to give up. `now`: the domain's clock. */
  retryAfter(failures: number, error: unknown, job: JobDoc<D>, now: Date): Retry | null;
  giveUp(job: JobDoc<D>, error: unknown): E;
}

/** `E`: what a run comes to. It settles itself, each in a transaction of its own, unless the kind ends them together. */
export type JobKind<O extends string, D extends object = never, E = Settle<O>> = Work<D, E> &
  (E extends Settle<O> ? { readonly endTogether?: never } : { readonly endTogether: EndTogether<O, E> });

/** For work that succeeds sooner or later, our own databases and services being all that it needs: tried without end. */
export const untilDone = {
  retryAfter: (failures: number): Retry => Math.min(60_000, 1_000 * 2 ** failures),
  giveUp: () => async () => {},
};

export async function ensureJobIndexes(db: Db): Promise<void> {
  await db.collection<JobDoc>(JOBS).createIndex({ lane: 1, dueAt: 1 });
}

function jobDoc<D extends object>(
  tx: Tx,
  { kind, key, data, lane, dueAt = tx.now, cause = tx.cause }: NewJob<D>,
): JobDoc<D> {
  const place = { _id: `${kind}/${key}`, kind, ...(lane !== undefined && { lane }) };
  const state = { attempts: 0, failures: 0, lapses: 0, leasedUntil: new Date(0), token: null, lastError: null };
  return { ...place, data, dueAt, ...state, cause };
}

/**
 * Scheduling the same key again leaves the job as it is while it is there. It is counted, though: a write, so that a
 * claim or the end of the job in that moment conflicts, and whoever has relied on the job begins anew without it.
 */
export async function insertJobs<D extends object>(tx: Tx, jobs: readonly NewJob<D>[]): Promise<void> {
  if (jobs.length === 0) return;
  const upserts = jobs.map((job) => {
    const { _id, ...fields } = jobDoc(tx, job);
    return { updateOne: { filter: { _id }, update: { $setOnInsert: fields, $inc: { asked: 1 } }, upsert: true } };
  });
  await tx.collection<JobDoc<D>>(JOBS).bulkWrite(upserts as never);
}

/** The job of that key becomes this one; a run that is under way settles nothing any more. */
export async function replaceJob<D extends object>(tx: Tx, job: NewJob<D>): Promise<void> {
  const { _id, ...fields } = jobDoc(tx, job);
  await tx.collection<JobDoc<D>>(JOBS).updateOne({ _id }, { $set: fields as never }, { upsert: true });
}

export async function deleteJob(tx: Tx, { kind, key }: Pick<NewJob<object>, "kind" | "key">): Promise<void> {
  await tx.collection<JobDoc>(JOBS).deleteOne({ _id: `${kind}/${key}` });
}

/** Longest time that a run may take, milliseconds: afterwards another node may take the job. */
export const LEASE_MS = 60_000;
/** So many lapses are accidents. Each further one may be the job's doing, and doubles the lease. */
export const ACCIDENTS = 10;
/** What kills its process does so once in this time, milliseconds, and what only takes long may take it. */
const LONGEST_LEASE_MS = 3_600_000;

/** The lapses of a job that is claimed now: for us, and in a pipeline. */
const lapsesOf = ({ lapses = 0, token }: JobDoc): number => lapses + (token === null ? 0 : 1);
const LAPSES = { $add: [{ $ifNull: ["$lapses", 0] }, { $cond: [{ $eq: ["$token", null] }, 0, 1] }] };
/** Milliseconds, once the lapses are set. */
const LEASE = {
  $min: [
    LONGEST_LEASE_MS,
    { $multiply: [LEASE_MS, { $pow: [2, { $max: [0, { $subtract: ["$lapses", ACCIDENTS] }] }] }] },
  ],
};

export interface Claim {
  lane: string;
  kinds: readonly string[];
  /** The domain's clock; the lease goes by the server's. */
  now: Date;
}

/**
 * Takes the jobs of a lane that have been due longest, at most so many. By a majority: the snapshot of the transaction
 * that ends a job may be of a moment before what only the primary has.
 */
export async function claimJobs(jobs: Collection<JobDoc>, claim: Claim, most: number): Promise<JobDoc[]> {
  const token = randomUUID();
  const taken = [
    { $set: { lapses: LAPSES } },
    { $set: { leasedUntil: { $add: ["$$NOW", LEASE] }, token, attempts: { $add: ["$attempts", 1] } } },
  ];
  if (most > 1) return claimSeveral(jobs, dueOf(claim), most, token, taken);
  const job = await jobs.findOneAndUpdate(dueOf(claim), taken, { sort: { dueAt: 1 }, returnDocument: "after" });
  return job ? [job] : [];
}

const dueOf = ({ lane, kinds, now }: Claim): Filter<JobDoc> => ({
  // Jobs of the default lane do not name it.
  lane: lane === DEFAULT_LANE ? { $in: [null, lane] as string[] } : lane,
  dueAt: { $lte: now },
  kind: { $in: kinds },
  $expr: { $lte: ["$leasedUntil", "$$NOW"] },
});

/** Read, and taken where they are still as they were read. */
async function claimSeveral(
  jobs: Collection<JobDoc>,
  due: Filter<JobDoc>,
  most: number,
  token: string,
  taken: Document[],
): Promise<JobDoc[]> {
  const found = await jobs.find(due, { sort: { dueAt: 1 }, limit: most }).toArray();
  if (found.length === 0) return [];
  const unchanged = (job: JobDoc) => ({ _id: job._id, $expr: { $eq: ["$$ROOT", { $literal: job }] } });
  const claims = found.map((job) => ({ updateOne: { filter: unchanged(job), update: taken } }));
  const { modifiedCount } = await jobs.bulkWrite(claims, { ordered: false });
  if (modifiedCount === found.length)
    return found.map((job) => ({ ...job, token, attempts: job.attempts + 1, lapses: lapsesOf(job) }));
  const mine = { _id: { $in: found.map(({ _id }) => _id) }, token };
  return jobs.find(mine, { sort: { dueAt: 1 } }).toArray();
}

/** Gives a claimed job back as it was. */
export async function releaseJob(jobs: Collection<JobDoc>, { _id, token }: JobDoc): Promise<void> {
  const back = { leasedUntil: new Date(0), token: null };
  await jobs.updateOne({ _id, token }, { $set: back, $inc: { attempts: -1 } });
}
