import { implement } from "../../../mixins/kit/implement.ts";
import { DEFAULT_DIGEST_AT } from "../preferences.ts";
import { changePreferences } from "../repository.ts";
import { reachOf, viewPreferences } from "../view-preferences.ts";

export const putPreferences = implement("notifications.putPreferences", async ({ params, actor, ifMatch, store }) => {
  const { types = {}, quietHours = null, digestAt = DEFAULT_DIGEST_AT } = params;
  const reach = await reachOf(store.db, actor.userId);
  return store.inTransaction(async (tx) => {
    const doc = await changePreferences(tx, actor.userId, () => ({ types, quietHours, digestAt }), ifMatch);
    return viewPreferences(doc, reach);
  });
});
