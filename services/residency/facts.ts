/** What residency tells the others. */
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { ResidencyDoc, UnitDoc } from "./model.ts";

const about = (residency: ResidencyDoc) => ({
  residencyId: residency._id,
  userId: residency.userId,
  unitId: residency.unitId,
  buildingId: residency.buildingId,
  actorId: residency.actorId,
  version: residency.version,
});
const aggregate = (residency: ResidencyDoc) => ({ aggregateId: residency._id, aggregateVersion: residency.version });

/** Somebody says that they live there; the building decides, where `status` is still pending. */
export function publishCreated(tx: Tx<"residency">, residency: ResidencyDoc): void {
  const { actorId: _, ...head } = about(residency);
  const { relation, status } = residency;
  tx.publish("residency.created", { ...head, relation, status }, aggregate(residency));
}

export function publishVerified(tx: Tx<"residency">, residency: ResidencyDoc, unit: UnitDoc): void {
  const { relation, method, userId, buildingId } = residency;
  const verified = { ...about(residency), relation, method: method ?? "review" };
  tx.publish("resident.verified", verified, aggregate(residency));
  const assigned = { unitId: unit._id, unitName: unit.name, buildingId, userId, relation, from: tx.now.toISOString() };
  tx.publish("unit.assigned_to_user", assigned, aggregate(residency));
}

export function publishUnverified(
  tx: Tx<"residency">,
  residency: ResidencyDoc,
  reason: "rejected" | "ended" | "revoked",
): void {
  tx.publish("resident.unverified", { ...about(residency), reason }, aggregate(residency));
}
