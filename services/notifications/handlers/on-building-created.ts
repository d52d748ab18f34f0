import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { BUILDINGS, type BuildingDoc } from "../directory.ts";
import type { Notify } from "../notify.ts";

/** The directory of buildings; and who is put in charge of one reads it. */
export const onBuildingCreated = (notify: Notify) =>
  onEvent("building.created", async (event, tx: Tx<"notifications">) => {
    const { buildingId, managerId, name, timeZone } = event.payload;
    await tx
      .collection<BuildingDoc>(BUILDINGS)
      .updateOne({ _id: buildingId }, { $setOnInsert: { managerId, name, timeZone } }, { upsert: true });
    // Nobody is told what they did themselves.
    if (event.meta.actorId === managerId) return;
    await notify(tx, event, {
      to: [managerId],
      template: "building_assigned",
      variables: { building: name },
      subject: { type: "building", id: buildingId },
    });
  });
