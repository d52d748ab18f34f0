import { buildingsOf } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { viewBuilding } from "../model.ts";
import { buildings } from "../repository.ts";

export const listBuildings = implement("residency.listBuildings", ({ params, actor, store }) => {
  const mine = buildingsOf(actor);
  return findPage(buildings(store.db), mine === "all" ? {} : { _id: { $in: mine } }, params, viewBuilding);
});
