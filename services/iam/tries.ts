/** Failed tries with passwords, counted in MongoDB: the limits hold across nodes and restarts. */
import { createHash } from "node:crypto";
import type { Db } from "mongodb";
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
const DUPLICATE_KEY = 11000;

export const tries = (db: Db) => db.collection<TriesDoc>("tries");

const hashed = (text: string): string => createHash("sha256").update(text).digest("base64url");

/**
 * Narrow for one account from one address, so that a stranger elsewhere can't lock the owner out; wider for the
 * account from everywhere, and for the address. Pure. `ip` is empty for calls that did not come through the gateway.
 */
export const loginLimits = (email: string, ip: string): Limit[] => [
  { key: `login/${hashed(email)}/${ip}`, max: 10 },
  { key: `login/${hashed(email)}`, max: 100 },
  ...(ip === "" ? [] : [{ key: `login/ip/${ip}`, max: 100 }]),
];

/** How often an e-mail that resets the password is sent to one address. */
export const resetLimits = (email: string): Limit[] => [{ key: `reset/${hashed(email)}`, max: 3 }];

/** Counts a try before it is made, so that no number of parallel ones gets through. @throws TooManyTriesError */
export async function countTry(db: Db, limits: readonly Limit[], now: Date): Promise<void> {
  for (const { key, max } of limits) {
    const doc = await increment(db, key, now);
    if (doc.count > max) throw new TooManyTriesError(Math.ceil((doc.until.getTime() - now.getTime()) / 1000));
  }
}

/** The try was a good one: the account's counts begin anew, and the address gets its try back. */
export async function forgetTries(db: Db, limits: readonly Limit[]): Promise<void> {
  const [own, ...wider] = limits.map(({ key }) => key);
  if (own !== undefined) await tries(db).deleteOne({ _id: own });
  await tries(db).updateMany({ _id: { $in: wider }, count: { $gt: 0 } }, { $inc: { count: -1 } });
}

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
      if ((error as { code?: number }).code !== DUPLICATE_KEY) throw error;
    }
  }
}
