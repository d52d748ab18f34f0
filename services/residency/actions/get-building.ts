import { belongsTo } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { viewBuilding } from "../model.ts";
import { findBuilding } from "../repository.ts";

export const getBuilding = implement("residency.getBuilding", async ({ params, actor, store }) => {
  if (!belongsTo(actor, params.id)) throw new NotFoundError("The building");
  return viewBuilding(await findBuilding(store.db, params.id));
});
