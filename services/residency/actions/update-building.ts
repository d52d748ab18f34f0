import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { checkVersion } from "../../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type BuildingDoc, checkHours, viewBuilding } from "../model.ts";
import { BUILDINGS } from "../repository.ts";

export const updateBuilding = implement("residency.updateBuilding", ({ params, actor, ifMatch, store }) => {
  const { id, ...changes } = params;
  if (changes.businessHours) checkHours(changes.businessHours);
  if (!isManagerOf(actor, id)) throw new NotFoundError("The building");
  return store.inTransaction(async (tx) => {
    const collection = tx.collection<BuildingDoc>(BUILDINGS);
    const building = await collection.findOne({ _id: id });
    if (!building) throw new NotFoundError("The building");
    checkVersion(building, ifMatch);
    const next = { ...building, ...changes, version: building.version + 1, updatedAt: tx.now };
    const { _id, ...fields } = next;
    await collection.updateOne({ _id }, { $set: fields });
    return viewBuilding(next);
  });
});
