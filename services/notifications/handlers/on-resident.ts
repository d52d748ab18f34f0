import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { managersOf, putResident } from "../directory.ts";
import type { Notify } from "../notify.ts";

const about = (residencyId: string) => ({ type: "residency", id: residencyId });

/** A claim without a code or a contact waits for the managers. */
export const onResidencyCreated = (notify: Notify) =>
  onEvent("residency.created", async (event, tx: Tx<"notifications">) => {
    const { residencyId, buildingId, status } = event.payload;
    if (status !== "pending") return;
    const news = { template: "claim_to_decide", variables: {}, subject: about(residencyId) } as const;
    await notify(tx, event, { to: await managersOf(tx, buildingId), ...news });
  });

export const onResidentVerified = (notify: Notify) =>
  onEvent("resident.verified", async (event, tx: Tx<"notifications">) => {
    const { residencyId, userId, buildingId, unitId, version } = event.payload;
    await putResident(tx, { _id: residencyId, userId, buildingId, unitId, verified: true, version });
    await notify(tx, event, {
      to: [userId],
      template: "resident_verified",
      variables: {},
      subject: about(residencyId),
    });
  });

/** From now on nothing of the building is told to them. */
export const onResidentUnverified = (notify: Notify) =>
  onEvent("resident.unverified", async (event, tx: Tx<"notifications">) => {
    const { residencyId, userId, buildingId, unitId, version, reason } = event.payload;
    await putResident(tx, { _id: residencyId, userId, buildingId, unitId, verified: false, version });
    const news = { template: "resident_unverified", variables: { reason }, subject: about(residencyId) } as const;
    await notify(tx, event, { to: [userId], ...news });
  });
