import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { viewCode } from "../model.ts";
import { codes, findManagedUnit } from "../repository.ts";

export const listCodes = implement("residency.listCodes", async ({ params, actor, store }) => {
  const unit = await findManagedUnit(store.db, params.id, actor);
  return findPage(codes(store.db), { unitId: unit._id }, params, viewCode);
});
