import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { putRole } from "../directory.ts";

/** Who works for a building: announcements and emergencies are for them too. */
export const onRoleChanged = onEvent("user.role_changed", async ({ payload }, tx: Tx<"notifications">) => {
  const { userId, role, buildingId, change, version } = payload;
  if (buildingId === null) return;
  const _id = `${userId}/${buildingId}/${role}`;
  await putRole(tx, { _id, userId, buildingId, role, held: change === "granted", version });
});
