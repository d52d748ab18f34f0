import type { Db } from "mongodb";
import { VersionMismatchError } from "../../mixins/kit/errors.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { ensureDirectoryIndexes } from "./directory.ts";
import type { DeliveryDoc, NotificationDoc } from "./model.ts";
import type { PersonDoc } from "./people.ts";
import { defaultPreferences, type PreferencesDoc } from "./preferences.ts";
import type { SubscriptionDoc } from "./push-subscription.ts";

export const NOTIFICATIONS = "notifications";
export const PEOPLE = "people";
export const DELIVERIES = "deliveries";
export const PREFERENCES = "preferences";
export const SUBSCRIPTIONS = "push_subscriptions";

export const notifications = (db: Db) => db.collection<NotificationDoc>(NOTIFICATIONS);
export const people = (db: Db) => db.collection<PersonDoc>(PEOPLE);
export const deliveries = (db: Db) => db.collection<DeliveryDoc>(DELIVERIES);
export const preferencesOf = (db: Db) => db.collection<PreferencesDoc>(PREFERENCES);
export const subscriptionsOf = (db: Db) => db.collection<SubscriptionDoc>(SUBSCRIPTIONS);

export async function ensureIndexes(db: Db): Promise<void> {
  await dropIndexOfBefore(db);
  await Promise.all([
    notifications(db).createIndexes([
      { key: { key: 1 }, unique: true },
      { key: { userId: 1, channel: 1, _id: -1 } },
      { key: { namedId: 1 }, partialFilterExpression: { namedId: { $type: "string" } } },
      { key: { userId: 1, digestAt: 1 }, partialFilterExpression: { digestAt: { $type: "date" } } },
    ]),
    deliveries(db).createIndexes([
      { key: { to: 1, _id: -1 } },
      // One for every address that a notification goes to.
      { key: { notificationId: 1, to: 1 }, unique: true },
      { key: { userId: 1 } },
    ]),
    subscriptionsOf(db).createIndexes([{ key: { userId: 1, _id: 1 } }, { key: { endpoint: 1 }, unique: true }]),
    ensureDirectoryIndexes(db),
  ]);
}

/** One delivery a notification: since devices are told, there can be several. */
async function dropIndexOfBefore(db: Db): Promise<void> {
  const found = await deliveries(db)
    .indexes()
    .catch(() => []);
  if (found.some(({ name }) => name === "notificationId_1")) await deliveries(db).dropIndex("notificationId_1");
}

/** The reader's language. */
export async function localeOf(db: Db, userId: string): Promise<string> {
  const person = await people(db).findOne({ _id: userId }, { projection: { locale: 1 } });
  return person?.locale ?? "en";
}

type Choices = Pick<PreferencesDoc, "types" | "quietHours" | "digestAt">;

/** Reads, lets `change` decide, writes the next version. @throws VersionMismatchError */
export async function changePreferences(
  tx: Tx<"notifications">,
  userId: string,
  change: (before: PreferencesDoc) => Choices,
  expected?: number,
): Promise<PreferencesDoc> {
  const collection = tx.collection<PreferencesDoc>(PREFERENCES);
  const before = (await collection.findOne({ _id: userId })) ?? defaultPreferences(userId, tx.now);
  if (expected !== undefined && expected !== before.version) throw new VersionMismatchError(expected, before.version);
  const next = { ...before, ...change(before), version: before.version + 1, updatedAt: tx.now };
  const { _id, ...fields } = next;
  await collection.updateOne({ _id }, { $set: fields }, { upsert: true });
  return next;
}
