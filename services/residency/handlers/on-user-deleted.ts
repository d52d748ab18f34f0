import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { ContactDoc } from "../contacts.ts";
import { publishUnverified } from "../facts.ts";
import { type ResidencyDoc, step } from "../model.ts";
import { CONTACTS, RESIDENCIES, saveResidency } from "../repository.ts";

/** Ends what the person lived in; an open claim is rejected. What a manager had written about them is forgotten. */
export const onUserDeleted = onEvent("user.deleted", async ({ payload }, tx: Tx<"residency">) => {
  const live = { userId: payload.userId, live: { $exists: true } };
  const found = await tx.collection<ResidencyDoc>(RESIDENCIES).find(live).toArray();
  await tx.collection<ContactDoc>(CONTACTS).deleteMany({ userId: payload.userId });
  await tx.collection<ResidencyDoc>(RESIDENCIES).updateMany({ userId: payload.userId }, { $set: { reason: null } });
  for (const old of found) {
    const to = old.status === "verified" ? "ended" : "rejected";
    const next = step(old, to, { actorId: payload.userId, reason: "The account was deleted." }, tx.now);
    await saveResidency(tx, next, old);
    publishUnverified(tx, next, to);
  }
});
