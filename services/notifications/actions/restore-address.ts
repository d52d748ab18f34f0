import { implement } from "../../../mixins/kit/implement.ts";
import { AddressNotDeadError } from "../errors.ts";
import type { PersonDoc } from "../people.ts";
import type { PreferencesDoc } from "../preferences.ts";
import { PEOPLE, PREFERENCES } from "../repository.ts";
import { reachOf, viewPreferences } from "../view-preferences.ts";

export const restoreAddress = implement("notifications.restoreAddress", async ({ params, actor, store }) => {
  const dead = `dead.${params.channel}`;
  const { devices } = await reachOf(store.db, actor.userId);
  return store.inTransaction(async (tx) => {
    const person = await tx
      .collection<PersonDoc>(PEOPLE)
      .findOneAndUpdate({ _id: actor.userId, [dead]: { $exists: true } }, { $unset: { [dead]: 1 as const } });
    if (!person) throw new AddressNotDeadError();
    const doc = await tx.collection<PreferencesDoc>(PREFERENCES).findOne({ _id: actor.userId });
    return viewPreferences(doc, { person, devices });
  });
});
