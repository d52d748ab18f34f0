import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { BuildingDoc } from "../model.ts";
import { BUILDINGS } from "../repository.ts";

/** Who is told about what happens in a building. */
export const onBuildingCreated = onEvent("building.created", async ({ payload }, tx: Tx<"notifications">) => {
  const { buildingId, managerId } = payload;
  await tx
    .collection<BuildingDoc>(BUILDINGS)
    .updateOne({ _id: buildingId }, { $setOnInsert: { managerId } }, { upsert: true });
});
