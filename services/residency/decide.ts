/** One step of a residency: read, decide, write, tell. */

import { type Actor, isManagerOf } from "../../mixins/kit/actor.ts";
import { checkVersion } from "../../mixins/kit/check-version.ts";
import { ForbiddenError, NotFoundError } from "../../mixins/kit/errors.ts";
import type { Store } from "../../mixins/kit/implement.ts";
import { publishUnverified, publishVerified } from "./facts.ts";
import { canSee, type ResidencyDoc, type ResidencyStatus, step, type UnitDoc, viewResidency } from "./model.ts";
import { dropContacts, RESIDENCIES, saveResidency, UNITS } from "./repository.ts";

export interface Decision {
  id: string;
  to: Exclude<ResidencyStatus, "pending">;
  reason?: string;
  /** Moving out is the resident's own decision too; the rest is the manager's. */
  byResident?: boolean;
}

interface Caller {
  actor: Actor;
  store: Store<"residency">;
  ifMatch: number | undefined;
}

/** @throws NotFoundError, ForbiddenError, VersionMismatchError, IllegalResidencyStepError */
export function decide({ actor, store, ifMatch }: Caller, { id, to, reason, byResident = false }: Decision) {
  return store.inTransaction(async (tx) => {
    const old = await tx.collection<ResidencyDoc>(RESIDENCIES).findOne({ _id: id });
    if (!old || !canSee(actor, old)) throw new NotFoundError("The residency");
    const allowed = isManagerOf(actor, old.buildingId) || (byResident && old.userId === actor.userId);
    if (!allowed) throw new ForbiddenError("Only a manager of the building decides this.");
    checkVersion(old, ifMatch);
    const by = { actorId: actor.userId, ...(reason !== undefined && { reason }) };
    const next = step(old, to, to === "verified" ? { ...by, method: "review" } : by, tx.now);
    await saveResidency(tx, next, old);
    // Else the list of contacts would let them in again at once.
    if (to === "revoked" || to === "ended") await dropContacts(tx, next);
    if (to === "verified") {
      const unit = await tx.collection<UnitDoc>(UNITS).findOne({ _id: old.unitId });
      if (!unit) throw new NotFoundError("The unit");
      publishVerified(tx, next, unit);
    } else publishUnverified(tx, next, to);
    return viewResidency(next);
  });
}
