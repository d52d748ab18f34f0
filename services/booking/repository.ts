import type { Db, Filter } from "mongodb";
import { type Actor, isResidentOf, isStaffOf } from "../../mixins/kit/actor.ts";
import { checkVersion } from "../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../mixins/kit/errors.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { ClaimDoc } from "./claims.ts";
import { type BookingDoc, canSee, RELEASED } from "./model.ts";
import type { BookableDoc } from "./resource.ts";

export const RESOURCES = "resources";
export const BOOKINGS = "bookings";
export const CLAIMS = "claims";
export const resources = (db: Db) => db.collection<BookableDoc>(RESOURCES);
export const bookings = (db: Db) => db.collection<BookingDoc>(BOOKINGS);
export const claims = (db: Db) => db.collection<ClaimDoc>(CLAIMS);

const DAY_S = 24 * 3600;

export async function ensureIndexes(db: Db): Promise<void> {
  await Promise.all([
    resources(db).createIndex({ buildingId: 1, _id: -1 }),
    bookings(db).createIndexes([
      { key: { userId: 1, _id: -1 } },
      { key: { buildingId: 1, status: 1, _id: -1 } },
      { key: { buildingId: 1, _id: -1 } },
      { key: { resourceId: 1, from: 1 } },
      { key: { quota: 1 }, unique: true, sparse: true },
    ]),
    claims(db).createIndexes([
      // The data's own promise: no five minutes of a place are claimed twice.
      { key: { resourceId: 1, slots: 1 }, unique: true },
      { key: { resourceId: 1, to: 1 } },
      // What is over claims nothing any more.
      { key: { to: 1 }, expireAfterSeconds: DAY_S },
    ]),
  ]);
}

/** Residents and staff of the building see what can be booked there. */
export const seesResources = (actor: Actor, buildingId: string): boolean =>
  isResidentOf(actor, buildingId) || isStaffOf(actor, buildingId);

const options = { maxTimeMS: MAX_TIME_MS };

/** @throws NotFoundError, also for what the actor may not know of */
export async function findResource(db: Db, id: string, actor: Actor): Promise<BookableDoc> {
  const resource = await resources(db).findOne({ _id: id }, options);
  if (!resource || !seesResources(actor, resource.buildingId)) throw new NotFoundError("The resource");
  return resource;
}

/** @throws NotFoundError, also for what the actor may not know of */
export async function findBooking(db: Db, id: string, actor: Actor): Promise<BookingDoc> {
  const booking = await bookings(db).findOne({ _id: id }, options);
  if (!booking || !canSee(actor, booking)) throw new NotFoundError("The booking");
  return booking;
}

/** Those whose time, with its buffers, has a part in it. */
export const claimsWithin = (resourceId: string, from: Date, to: Date): Filter<ClaimDoc> => ({
  resourceId,
  to: { $gt: from },
  from: { $lt: to },
});

/** Writes a booking's new state; one that has ended gives back what it claimed. */
export async function saveBooking(tx: Tx<"booking">, { _id, ...fields }: BookingDoc): Promise<void> {
  const freed = fields.quota === undefined && { $unset: { quota: "" as const } };
  await tx.collection<BookingDoc>(BOOKINGS).updateOne({ _id }, { $set: fields, ...freed });
  if (RELEASED.includes(fields.status)) await tx.collection<ClaimDoc>(CLAIMS).deleteOne({ _id });
}

export interface ChangeRequest {
  id: string;
  actor: Actor;
  /** From `If-Match`. */
  ifMatch: number | undefined;
}

/** @throws NotFoundError, VersionMismatchError */
export async function readForChange(
  tx: Tx<"booking">,
  { id, actor, ifMatch }: ChangeRequest,
  allowed: (booking: BookingDoc) => boolean = (booking) => canSee(actor, booking),
): Promise<BookingDoc> {
  const booking = await tx.collection<BookingDoc>(BOOKINGS).findOne({ _id: id });
  if (!booking || !allowed(booking)) throw new NotFoundError("The booking");
  checkVersion(booking, ifMatch);
  return booking;
}
