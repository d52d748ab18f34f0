import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type UnitDoc, viewUnit } from "../model.ts";
import { findBuilding, insertUnit } from "../repository.ts";

export const createUnit = implement("residency.createUnit", async ({ params, actor, store, now }) => {
  if (!isManagerOf(actor, params.id)) throw new NotFoundError("The building");
  const building = await findBuilding(store.db, params.id);
  const unit: UnitDoc = {
    _id: newId(),
    buildingId: building._id,
    name: params.name.trim(),
    floor: params.floor ?? null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  return store.inTransaction(async (tx) => {
    await insertUnit(tx, unit);
    return viewUnit(unit);
  });
});
