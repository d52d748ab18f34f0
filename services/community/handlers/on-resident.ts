/** Who lives where. */
import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { leaveBuilding } from "../departure.ts";
import { isMember, withResidency } from "../people.ts";
import { changePerson } from "../repository.ts";

export const onResidencyCreated = onEvent("residency.created", async ({ payload }, tx: Tx<"community">) => {
  const { residencyId, userId, buildingId, unitId, status, version } = payload;
  const state = status === "verified" ? ("verified" as const) : ("waiting" as const);
  const news = { residencyId, buildingId, unitId, state, version };
  await changePerson(tx, userId, (person) => withResidency(person, news));
});

export const onResidentVerified = onEvent("resident.verified", async ({ payload }, tx: Tx<"community">) => {
  const { residencyId, userId, buildingId, unitId, version } = payload;
  const news = { residencyId, buildingId, unitId, state: "verified" as const, version };
  await changePerson(tx, userId, (person) => withResidency(person, news));
});

export const onResidentUnverified = onEvent("resident.unverified", async ({ payload }, tx: Tx<"community">) => {
  const { residencyId, userId, buildingId, unitId, version } = payload;
  const news = { residencyId, buildingId, unitId, state: "ended" as const, version };
  const person = await changePerson(tx, userId, (old) => withResidency(old, news));
  if (!isMember(person, buildingId)) await leaveBuilding(tx, userId, buildingId);
});
