import { randomBytes } from "node:crypto";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { CODE_LENGTH, type CodeDoc, codeFrom, hashCode } from "../model.ts";
import { CODES, findManagedUnit } from "../repository.ts";

const DAY_MS = 24 * 3600 * 1000;
const DEFAULT_DAYS = 30;

export const createCode = implement("residency.createCode", async ({ params, actor, store, now }) => {
  const unit = await findManagedUnit(store.db, params.id, actor);
  const code = codeFrom(randomBytes(CODE_LENGTH));
  const doc: CodeDoc = {
    _id: newId(),
    unitId: unit._id,
    codeHash: hashCode(code),
    maxUses: params.maxUses ?? 1,
    uses: 0,
    expiresAt: new Date(now.getTime() + (params.expiresInDays ?? DEFAULT_DAYS) * DAY_MS),
    revokedAt: null,
    createdAt: now,
  };
  return store.inTransaction(async (tx) => {
    await tx.collection<CodeDoc>(CODES).insertOne(doc);
    return { id: doc._id, unitId: unit._id, code, expiresAt: doc.expiresAt.toISOString(), maxUses: doc.maxUses };
  });
});
