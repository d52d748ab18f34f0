/** What people are called. */
import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { leaveBuilding } from "../departure.ts";
import { isMember, withName, withRole } from "../people.ts";
import { changePerson } from "../repository.ts";

export const onUserCreated = onEvent("user.created", async ({ payload }, tx: Tx<"community">) => {
  const { userId, displayName } = payload;
  await changePerson(tx, userId, (person) => withName(person, displayName, 1));
});

export const onUserUpdated = onEvent("user.updated", async ({ payload }, tx: Tx<"community">) => {
  const { userId, version, changed } = payload;
  const { displayName } = changed;
  if (displayName === undefined) return;
  await changePerson(tx, userId, (person) => withName(person, displayName, version));
});

export const onUserRoleChanged = onEvent("user.role_changed", async ({ payload }, tx: Tx<"community">) => {
  const { userId, role, buildingId, change, version } = payload;
  const news = { role, buildingId, granted: change === "granted", version };
  const person = await changePerson(tx, userId, (old) => withRole(old, news));
  if (buildingId !== null && !isMember(person, buildingId)) await leaveBuilding(tx, userId, buildingId);
});
