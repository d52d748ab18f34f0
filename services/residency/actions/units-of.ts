import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { units } from "../repository.ts";

export const unitsOf = implement("residency.unitsOf", async ({ params, store }) => {
  const { buildingId, unitIds } = params;
  const found = await units(store.db)
    .find({ _id: { $in: unitIds }, buildingId }, { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS })
    .toArray();
  return { known: found.map(({ _id }) => _id) };
});
