/** Failed tries with passwords, counted in MongoDB: the limits hold across nodes and restarts. */
import { createHash } from "node:crypto";
import type { Db } from "mongodb";
import { isDuplicateKey } from "../../mixins/kit/failure.ts";
import { Serial } from "../../mixins/kit/serial.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import { TooManyTriesError } from "./errors.ts";

export interface TriesDoc {
  /** What is counted; addresses of people are hashed. */
  _id: string;
  count: number;
  /** End of the window, and TTL. */
  until: Date;
}
export interface Limit {
  key: string;
  /** In a window. */
  max: number;
}

export const WINDOW_MS = 15 * 60_000;

/**
 * Not waited for until it is on disk: what the last moments before a crash of MongoDB had counted may be tried again.
 * Read as written: a majority's view may be behind.
 */
export const tries = (db: Db) =>
  db.collection<TriesDoc>("tries", { writeConcern: { w: 1, journal: false }, readConcern: { level: "local" } });

const hashed = (text: string): string => createHash("sha256").update(text).digest("base64url");

/**
 * Narrow for one account from one address, so that a stranger elsewhere can't lock the owner out; wider for the
 * account from everywhere, and for the address. Pure. `ip` is empty for calls that did not come through the gateway.
 */
export const loginLimits = (email: string, ip: string): [Limit, ...Limit[]] => [
  { key: `login/${hashed(email)}/${ip}`, max: 10 },
  { key: `login/${hashed(email)}`, max: 100 },
  ...(ip === "" ? [] : [{ key: `login/ip/${ip}`, max: 100 }]),
];

/** How often an e-mail that resets the password is sent to one address. */
export const resetLimit = (email: string): Limit => ({ key: `reset/${hashed(email)}`, max: 3 });

/** Counts what is limited whether it succeeds or not. @throws TooManyTriesError */
export async function countTry(db: Db, { key, max }: Limit, now: Date): Promise<void> {
  const doc = await increment(db, key, now);
  if (doc.count > max) throw tooMany(doc, now);
}

const serial = new Serial();

/**
 * A guess of a password: refused when there were too many wrong ones, counted when it is wrong. A right one begins the
 * narrowest count anew. Those under one narrowest limit run one after the other in a process, so that it holds however
 * many come at once; each further process may let one more through.
 * @throws TooManyTriesError
 */
export const guess = (
  db: Db,
  limits: readonly [Limit, ...Limit[]],
  now: Date,
  isRight: () => Promise<boolean>,
): Promise<boolean> =>
  serial.run(limits[0].key, async () => {
    const counted = await refuseSpent(db, limits, now);
    const right = await isRight();
    if (!right) await Promise.all(limits.map(({ key }) => increment(db, key, now)));
    else if (counted.some(({ _id }) => _id === limits[0].key)) await tries(db).deleteOne({ _id: limits[0].key });
    return right;
  });

async function refuseSpent(db: Db, limits: readonly Limit[], now: Date): Promise<TriesDoc[]> {
  const ids = limits.map(({ key }) => key);
  const counted = await tries(db)
    .find({ _id: { $in: ids }, until: { $gt: now } }, { maxTimeMS: MAX_TIME_MS })
    .toArray();
  const spent = counted.find(({ _id, count }) => limits.some(({ key, max }) => key === _id && count >= max));
  if (spent) throw tooMany(spent, now);
  return counted;
}

const tooMany = ({ until }: TriesDoc, now: Date): TooManyTriesError =>
  new TooManyTriesError(Math.ceil((until.getTime() - now.getTime()) / 1000));

async function increment(db: Db, key: string, now: Date): Promise<TriesDoc> {
  const over = { $lte: [{ $ifNull: ["$until", now] }, now] };
  const next = [
    {
      $set: {
        count: { $cond: [over, 1, { $add: ["$count", 1] }] },
        until: { $cond: [over, new Date(now.getTime() + WINDOW_MS), "$until"] },
      },
    },
  ];
  for (;;) {
    try {
      const doc = await tries(db).findOneAndUpdate({ _id: key }, next, { upsert: true, returnDocument: "after" });
      if (doc) return doc;
    } catch (error) {
      // Two first tries at once: the other one has made the counter.
      if (!isDuplicateKey(error)) throw error;
    }
  }
}
