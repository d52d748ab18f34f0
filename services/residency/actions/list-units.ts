import { isStaffOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { viewUnit } from "../model.ts";
import { units } from "../repository.ts";

export const listUnits = implement("residency.listUnits", async ({ params, actor, store }) => {
  if (!isStaffOf(actor, params.id)) throw new NotFoundError("The building");
  return findPage(units(store.db), { buildingId: params.id }, params, viewUnit);
});
