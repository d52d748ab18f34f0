import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { checkTimeZone } from "../../../mixins/kit/time-zone.ts";
import { ManagerUnknownError } from "../errors.ts";
import { type BuildingDoc, checkHours, viewBuilding } from "../model.ts";
import { BUILDINGS } from "../repository.ts";

export const createBuilding = implement("residency.createBuilding", async ({ params, actor, call, store, now }) => {
  const managerId = params.managerId ?? actor.userId;
  const timeZone = checkTimeZone(params.timeZone);
  const { exists } = await call("iam.userExists", { userId: managerId });
  if (!exists) throw new ManagerUnknownError();
  const { name, address, businessHours } = params;
  if (businessHours) checkHours(businessHours);
  const building: BuildingDoc = {
    _id: newId(),
    name,
    address,
    timeZone,
    ...(businessHours && { businessHours }),
    managerId,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  return store.inTransaction(async (tx) => {
    await tx.collection<BuildingDoc>(BUILDINGS).insertOne(building);
    const payload = { buildingId: building._id, name, address, timeZone, managerId };
    tx.publish("building.created", payload, { aggregateId: building._id, aggregateVersion: 1 });
    return viewBuilding(building);
  });
});
