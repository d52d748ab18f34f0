import type { Db } from "mongodb";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { type ContactDoc, contactId } from "../contacts.ts";
import { AlreadyClaimedError, CodeInvalidError, TooManyCodesError } from "../errors.ts";
import { publishCreated, publishVerified } from "../facts.ts";
import { type CodeDoc, checkCode, hashCode, newClaim, type ResidencyDoc, step, viewResidency } from "../model.ts";
import {
  CODE_ATTEMPTS_WINDOW_S,
  CODES,
  CONTACTS,
  codeAttempts,
  findUnit,
  RESIDENCIES,
  saveResidency,
} from "../repository.ts";

const MAX_WRONG_CODES = 10;

export const claim = implement("residency.claim", async ({ params, actor, call, store, now }) => {
  const { code } = params;
  const unit = await findUnit(store.db, params.unitId);
  if (code !== undefined) await limitGuesses(store.db, actor.userId, now);
  const { email } = code === undefined ? await call("iam.userExists", { userId: actor.userId }) : { email: null };
  try {
    return await store.inTransaction(async (tx) => {
      const fresh = newClaim(newId(), actor.userId, unit, params.relation, now);
      const old = await tx.collection<ResidencyDoc>(RESIDENCIES).findOne({ live: fresh.live as string });
      if (old && (old.status === "verified" || code === undefined)) throw new AlreadyClaimedError();
      const asked = old ?? fresh;
      const proof = code === undefined ? await useContact(tx, unit._id, email, actor.userId) : "code";
      if (code !== undefined) await useCode(tx, unit._id, code);
      const method = (await wasRevoked(tx, actor.userId, unit._id)) ? undefined : proof;
      const next = method ? step(asked, "verified", { actorId: actor.userId, method }, now) : asked;
      await saveResidency(tx, next, old);
      if (!old) publishCreated(tx, next);
      if (next.status === "verified") publishVerified(tx, next, unit);
      return viewResidency(next);
    });
  } catch (error) {
    if (error instanceof CodeInvalidError)
      await codeAttempts(store.db).insertOne({ _id: newId(), userId: actor.userId, at: now });
    throw error;
  }
});

/** Whom a manager has sent away, a manager lets in again: neither a code nor the list does. */
async function wasRevoked(tx: Tx<"residency">, userId: string, unitId: string): Promise<boolean> {
  const revoked = { userId, unitId, status: "revoked" as const };
  return (await tx.collection<ResidencyDoc>(RESIDENCIES).findOne(revoked)) !== null;
}

/** @throws TooManyCodesError */
async function limitGuesses(db: Db, userId: string, now: Date): Promise<void> {
  const since = new Date(now.getTime() - CODE_ATTEMPTS_WINDOW_S * 1000);
  const wrong = await codeAttempts(db).countDocuments({ userId, at: { $gt: since } });
  if (wrong >= MAX_WRONG_CODES) throw new TooManyCodesError(CODE_ATTEMPTS_WINDOW_S);
}

/** @returns undefined when the manager's list does not name this (verified) address for the unit */
async function useContact(
  tx: Tx<"residency">,
  unitId: string,
  email: string | null,
  userId: string,
): Promise<"contact" | undefined> {
  if (email === null) return undefined;
  const found = await tx
    .collection<ContactDoc>(CONTACTS)
    .findOneAndUpdate({ _id: contactId(unitId, email) }, { $set: { userId } });
  return found ? "contact" : undefined;
}

/** Two who use the last one at once conflict, and the second sees it used up. @throws CodeInvalidError and its kind */
async function useCode(tx: Tx<"residency">, unitId: string, code: string): Promise<void> {
  const codes = tx.collection<CodeDoc>(CODES);
  const found = checkCode(await codes.findOne({ unitId, codeHash: hashCode(code) }), tx.now);
  await codes.updateOne({ _id: found._id }, { $inc: { uses: 1 } });
}
