import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { viewResidency } from "../model.ts";
import { residencies } from "../repository.ts";

export const exportPerson = implement("residency.exportPerson", async ({ params, store }) => {
  const found = await residencies(store.db)
    .find({ userId: params.userId }, { maxTimeMS: MAX_TIME_MS })
    .sort({ _id: 1 })
    .toArray();
  return { residencies: found.map(viewResidency) };
});
