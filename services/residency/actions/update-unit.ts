import { checkVersion } from "../../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type UnitDoc, viewUnit } from "../model.ts";
import { findManagedUnit, replaceUnit, UNITS } from "../repository.ts";

export const updateUnit = implement("residency.updateUnit", async ({ params, actor, ifMatch, store }) => {
  const { id, name, floor } = params;
  await findManagedUnit(store.db, id, actor);
  return store.inTransaction(async (tx) => {
    const unit = await tx.collection<UnitDoc>(UNITS).findOne({ _id: id });
    if (!unit) throw new NotFoundError("The unit");
    checkVersion(unit, ifMatch);
    const changes = { ...(name !== undefined && { name: name.trim() }), ...(floor !== undefined && { floor }) };
    const next: UnitDoc = { ...unit, ...changes, version: unit.version + 1, updatedAt: tx.now };
    await replaceUnit(tx, next);
    return viewUnit(next);
  });
});
