import { DEFAULT_HOURS } from "../../../mixins/kit/business-time.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { type BuildingDoc, liveKey, type ResidencyDoc } from "../model.ts";
import { BUILDINGS, RESIDENCIES, units } from "../repository.ts";

interface Found {
  buildings: BuildingDoc[];
  residencies: ResidencyDoc[];
}

/** In one round trip: whoever writes a ticket or a booking waits for it. */
export const membership = implement("residency.membership", async ({ params, store }) => {
  const { userId, unitId } = params;
  const verified = [{ $match: { live: liveKey(userId, unitId), status: "verified" } }];
  const [found] = await units(store.db)
    .aggregate<Found>(
      [
        { $match: { _id: unitId } },
        // With a pipeline, even an empty one, it is not planned anew by the slot-based engine: a third less on top of a find.
        { $lookup: { from: BUILDINGS, localField: "buildingId", foreignField: "_id", pipeline: [], as: "buildings" } },
        { $lookup: { from: RESIDENCIES, pipeline: verified, as: "residencies" } },
      ],
      { maxTimeMS: MAX_TIME_MS },
    )
    .toArray();
  const [building] = found?.buildings ?? [];
  const [residency] = found?.residencies ?? [];
  return {
    verified: residency !== undefined,
    buildingId: building?._id ?? null,
    timeZone: building?.timeZone ?? null,
    businessHours: building ? (building.businessHours ?? DEFAULT_HOURS) : null,
    relation: residency?.relation ?? null,
  };
});
