import type { Db } from "mongodb";
import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { availabilityOf, type Range, rangeOf, type Taken, widened } from "../availability.ts";
import { type Booker, bookerOf, quotaWeek } from "../model.ts";
import { bookings, claims, claimsWithin, findResource } from "../repository.ts";
import type { BookableDoc } from "../resource.ts";

export const availability = implement("booking.availability", async ({ params, actor, store, now }) => {
  const resource = await findResource(store.db, params.id, actor);
  const range = rangeOf(params, resource.timeZone, now);
  const [taken, isQuotaUsed] = await Promise.all([
    findTaken(store.db, resource, widened(resource, range)),
    quotaOf(store.db, resource, bookerOf(actor, resource.buildingId), range),
  ]);
  const days = availabilityOf(resource, { ...range, now, taken, isQuotaUsed });
  return { resourceId: resource._id, timeZone: resource.timeZone, days };
});

const options = { maxTimeMS: MAX_TIME_MS };

/** Their claims themselves are not needed. */
const findTaken = (db: Db, { _id }: BookableDoc, { from, to }: Range): Promise<Taken[]> =>
  claims(db)
    .find(claimsWithin(_id, new Date(from), new Date(to)), {
      ...options,
      projection: { _id: 0, slots: 0, resourceId: 0 },
    })
    .toArray();

/** In which weeks has the caller used up what a resident may book? */
async function quotaOf(db: Db, resource: BookableDoc, { userId, staff }: Booker, { from, to }: Range) {
  const { _id, quotaPerWeek, timeZone } = resource;
  if (quotaPerWeek === null || staff) return () => false;
  const prefixOf = (time: number): string => quotaWeek(_id, userId, new Date(time), timeZone).prefix;
  const between = { $gte: prefixOf(from), $lt: `${prefixOf(to)}:` };
  const counted = await bookings(db)
    .find({ quota: between }, { ...options, projection: { quota: 1 } })
    .toArray();
  const numbers = counted.map(({ quota }) => quota as string);
  return (time: number) => numbers.filter((one) => one.startsWith(prefixOf(time))).length >= quotaPerWeek;
}
