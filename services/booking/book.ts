/** Takes the time of a booking: claims and quota, in its own transaction. */
import type { Document } from "mongodb";
import { isDuplicateKey, isWriteConflict } from "../../mixins/kit/failure.ts";
import type { Store } from "../../mixins/kit/implement.ts";
import { Serial } from "../../mixins/kit/serial.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { blockOf, type ClaimDoc, claimBlock, newClaim } from "./claims.ts";
import { BookingContestedError, QuotaReachedError, SlotTakenError } from "./errors.ts";
import { type BookingDoc, quotaWeek } from "./model.ts";
import { BOOKINGS, CLAIMS, claimsWithin } from "./repository.ts";
import type { BookableDoc } from "./resource.ts";
import type { Span } from "./times.ts";

/**
 * Claims the span for a booking, in place of what it has claimed so far.
 * @throws SlotTakenError; a MongoServerError when somebody else claims a part of it at this moment
 */
export async function claimSpan(tx: Tx<"booking">, id: string, resource: BookableDoc, span: Span): Promise<void> {
  const claims = tx.collection<ClaimDoc>(CLAIMS);
  const block = blockOf(resource, span);
  const within = { ...claimsWithin(resource._id, block.from, block.to), _id: { $ne: id } };
  const others = await claims.find(within, { projection: { slots: 1 }, maxTimeMS: MAX_TIME_MS }).toArray();
  const slots = claimBlock(
    block,
    resource.capacity,
    others.flatMap((other) => other.slots),
  );
  if (!slots) throw new SlotTakenError();
  const { _id, ...fields } = newClaim(id, resource._id, span, block, slots);
  await claims.updateOne({ _id }, { $set: fields }, { upsert: true });
}

/** The first free number of the resident's quota. @throws QuotaReachedError */
export async function takeQuota(tx: Tx<"booking">, resource: BookableDoc, booking: BookingDoc): Promise<string> {
  const { quotaPerWeek, timeZone } = resource;
  const { week, prefix } = quotaWeek(resource._id, booking.userId, booking.from, timeZone);
  // Moved within its week it counts as before.
  if (booking.quota?.startsWith(prefix)) return booking.quota;
  const used = await tx
    .collection<BookingDoc>(BOOKINGS)
    .find({ quota: startingWith(prefix), _id: { $ne: booking._id } }, { projection: { quota: 1 } })
    .toArray();
  const taken = new Set(used.map(({ quota }) => quota));
  const quota = quotaPerWeek ?? 0;
  // There may be more than it allows now: it has been lowered since.
  if (taken.size >= quota) throw new QuotaReachedError(quota, week);
  let number = 0;
  while (taken.has(prefix + number)) number++;
  return prefix + number;
}

const startingWith = (prefix: string) => ({ $gte: prefix, $lt: `${prefix}:` });

/** Each of them loses against another booking that has won. */
const TRIES = 20;

/** Another one has taken, in between, what had been found free: a place of several, a number of the quota. */
const isOutrun = (error: unknown): boolean =>
  isDuplicateKey(error) &&
  ["slots", "quota"].some((field) => field in ((error.keyPattern as Document | undefined) ?? {}));

const turns = new Serial();

/**
 * A transaction that claims time. Those that begin at the same moment take turns in this process; against others, and
 * against other processes, the claims decide: who loses looks again, and is told what is left.
 * @throws BookingContestedError when it loses again and again
 */
export const inTurn = <R>(
  store: Store<"booking">,
  { _id }: BookableDoc,
  { from }: Span,
  work: (tx: Tx<"booking">) => Promise<R>,
): Promise<R> =>
  turns.run(`${_id}/${from.getTime()}`, async () => {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        return await inContest(store, work);
      } catch (error) {
        if (!isOutrun(error)) throw error;
      }
    }
    throw new BookingContestedError();
  });

/** A transaction that others may get in the way of, until the time for its tries has run out. */
export async function inContest<R>(store: Store<"booking">, work: (tx: Tx<"booking">) => Promise<R>): Promise<R> {
  try {
    return await store.inTransaction(work);
  } catch (error) {
    throw isWriteConflict(error) ? new BookingContestedError() : error;
  }
}
