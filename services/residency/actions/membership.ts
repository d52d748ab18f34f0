import { DEFAULT_HOURS } from "../../../mixins/kit/business-time.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { liveKey } from "../model.ts";
import { buildings, residencies, units } from "../repository.ts";

export const membership = implement("residency.membership", async ({ params, store }) => {
  const live = liveKey(params.userId, params.unitId);
  const [unit, residency] = await Promise.all([
    units(store.db).findOne({ _id: params.unitId }),
    residencies(store.db).findOne({ live, status: "verified" }),
  ]);
  const building = unit && (await buildings(store.db).findOne({ _id: unit.buildingId }));
  return {
    verified: residency !== null,
    buildingId: building?._id ?? null,
    timeZone: building?.timeZone ?? null,
    businessHours: building ? (building.businessHours ?? DEFAULT_HOURS) : null,
    relation: residency?.relation ?? null,
  };
});
