import { hasRole as holds } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { actorOf } from "../model.ts";
import { findUser } from "../repository.ts";

export const hasRole = implement("iam.hasRole", async ({ params, store }) => {
  const user = await findUser(store.db, params.userId);
  return { allowed: user !== null && holds(actorOf(user, ""), params.buildingId, params.roles) };
});
