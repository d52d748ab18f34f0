import { implement } from "../../../mixins/kit/implement.ts";
import { preferencesOf } from "../repository.ts";
import { reachOf, viewPreferences } from "../view-preferences.ts";

export const getPreferences = implement("notifications.getPreferences", async ({ actor, store: { db } }) => {
  const { userId } = actor;
  const [doc, reach] = await Promise.all([preferencesOf(db).findOne({ _id: userId }), reachOf(db, userId)]);
  return viewPreferences(doc, reach);
});
