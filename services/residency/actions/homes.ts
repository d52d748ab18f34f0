import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { residencies } from "../repository.ts";

export const homes = implement("residency.homes", async ({ params, store }) => {
  const found = await residencies(store.db)
    .find({ ...params, status: "verified" }, { maxTimeMS: MAX_TIME_MS })
    .sort({ _id: 1 })
    .toArray();
  return { unitIds: found.map(({ unitId }) => unitId) };
});
