import type { Db } from "mongodb";
import { addressState, type PersonDoc } from "./people.ts";
import { choicesOf, DEFAULT_DIGEST_AT, type PreferencesDoc } from "./preferences.ts";
import { people, subscriptionsOf } from "./repository.ts";

/** What preferences are shown with. */
export interface Reach {
  person: PersonDoc | null;
  devices: number;
}

export async function reachOf(db: Db, userId: string): Promise<Reach> {
  const [person, devices] = await Promise.all([
    people(db).findOne({ _id: userId }),
    subscriptionsOf(db).countDocuments({ userId }),
  ]);
  return { person, devices };
}

/** Pure. */
export const viewPreferences = (doc: PreferencesDoc | null, { person, devices }: Reach) => ({
  version: doc?.version ?? 0,
  types: choicesOf(doc ?? undefined),
  quietHours: doc?.quietHours ?? null,
  digestAt: doc ? doc.digestAt : DEFAULT_DIGEST_AT,
  addresses: { email: addressState(person, "email"), sms: addressState(person, "sms"), push: devices },
  updatedAt: doc?.updatedAt.toISOString() ?? null,
});
