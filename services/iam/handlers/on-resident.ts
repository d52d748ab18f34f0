/** Memberships follow what residency tells, at once. */
import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { IamDeps } from "../deps.ts";
import { type KnownResidency, type UserDoc, withResidency } from "../model.ts";

export const onResidentVerified = (deps: IamDeps) =>
  onEvent("resident.verified", async ({ payload }, tx: Tx<"iam">) => {
    const { residencyId, userId, buildingId, unitId, relation, version } = payload;
    await remember(tx, userId, { residencyId, buildingId, unitId, relation, verified: true, version }, deps);
  });

export const onResidentUnverified = (deps: IamDeps) =>
  onEvent("resident.unverified", async ({ payload }, tx: Tx<"iam">) => {
    const { residencyId, userId, buildingId, unitId, version } = payload;
    await remember(tx, userId, { residencyId, buildingId, unitId, relation: "", verified: false, version }, deps);
  });

async function remember(
  tx: Tx<"iam">,
  userId: string,
  news: KnownResidency,
  { sessionChanged }: IamDeps,
): Promise<void> {
  const users = tx.collection<UserDoc>("users");
  const user = await users.findOne({ _id: userId });
  const residencies = user && withResidency(user.residencies, news);
  if (!residencies) return;
  await users.updateOne({ _id: userId }, { $set: { residencies }, $inc: { version: 1 } });
  tx.afterCommit(() => sessionChanged(userId));
}
