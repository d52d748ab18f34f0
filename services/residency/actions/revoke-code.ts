import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { CodeDoc } from "../model.ts";
import { CODES, findManagedUnit } from "../repository.ts";

export const revokeCode = implement("residency.revokeCode", async ({ params, actor, store }) => {
  const unit = await findManagedUnit(store.db, params.id, actor);
  await store.inTransaction(async (tx) => {
    const codes = tx.collection<CodeDoc>(CODES);
    const code = await codes.findOne({ _id: params.codeId, unitId: unit._id });
    if (!code) throw new NotFoundError("The code");
    if (!code.revokedAt) await codes.updateOne({ _id: code._id }, { $set: { revokedAt: tx.now } });
  });
  return {};
});
