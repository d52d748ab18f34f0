import { type Collection, type Db, MongoServerError } from "mongodb";
import { checkVersion } from "../../mixins/kit/check-version.ts";
import { byId } from "../../mixins/mongo/by-id.ts";
import type { Doc } from "../../mixins/mongo/session-collection.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { ensureDirectoryIndexes } from "./directory.ts";
import type { DeliveryDoc, NotificationDoc } from "./model.ts";
import type { PersonDoc } from "./people.ts";
import { defaultPreferences, type PreferencesDoc } from "./preferences.ts";
import type { SubscriptionDoc } from "./push-subscription.ts";

export const NOTIFICATIONS = "notifications";
export const PEOPLE = "people";
export const CONTENTS = "contents";
export const DELIVERIES = "deliveries";
export const PREFERENCES = "preferences";
export const SUBSCRIPTIONS = "push_subscriptions";

export const notifications = (db: Db) => db.collection<NotificationDoc>(NOTIFICATIONS);
export const people = (db: Db) => db.collection<PersonDoc>(PEOPLE);
export const deliveries = (db: Db) => db.collection<DeliveryDoc>(DELIVERIES);
export const preferencesOf = (db: Db) => db.collection<PreferencesDoc>(PREFERENCES);
/** By `_id`: jobs that begin together read together. */
export const readsOf = (db: Db) => ({
  notification: byId(notifications(db)),
  person: byId(people(db)),
  preferences: byId(preferencesOf(db)),
});
export type Reads = ReturnType<typeof readsOf>;
export const subscriptionsOf = (db: Db) => db.collection<SubscriptionDoc>(SUBSCRIPTIONS);

export async function ensureIndexes(db: Db): Promise<void> {
  // One delivery a notification: since devices are told, there can be several. The others were of no use.
  await dropIndexes(deliveries(db), ["notificationId_1"]);
  await dropIndexes(notifications(db), ["namedId_1", "userId_1_digestAt_1"]);
  await Promise.all([
    notifications(db).createIndexes([
      { key: { key: 1 }, unique: true },
      { key: { userId: 1, channel: 1, _id: -1 } },
      // By comparison: no query uses an index that is partial by `$type`.
      { name: "named", key: { namedId: 1 }, partialFilterExpression: { namedId: { $gt: "" } } },
      { name: "post", key: { "subject.id": 1 }, partialFilterExpression: { "subject.type": "post" } },
      { name: "comment", key: { commentId: 1 }, partialFilterExpression: { commentId: { $gt: "" } } },
      { name: "message", key: { messageId: 1 }, partialFilterExpression: { messageId: { $gt: "" } } },
      { name: "digest", key: { userId: 1, digestAt: 1 }, partialFilterExpression: { digestAt: { $gt: new Date(0) } } },
    ]),
    deliveries(db).createIndexes([
      { key: { to: 1, _id: -1 } },
      // One for every address that a notification goes to.
      { key: { notificationId: 1, to: 1 }, unique: true },
      { key: { userId: 1 } },
      { name: "named", key: { namedId: 1 }, partialFilterExpression: { namedId: { $gt: "" } } },
    ]),
    subscriptionsOf(db).createIndexes([{ key: { userId: 1, _id: 1 } }, { key: { endpoint: 1 }, unique: true }]),
    ensureDirectoryIndexes(db),
  ]);
}

/** Those of releases before this one, where they are. */
async function dropIndexes<D extends Doc>(collection: Collection<D>, names: readonly string[]): Promise<void> {
  const found = await collection.indexes().catch(() => []);
  // Another node may have been faster.
  for (const { name } of found)
    if (name !== undefined && names.includes(name)) await collection.dropIndex(name).catch(ignoreGone);
}

const ignoreGone = (error: unknown): void => {
  if (!(error instanceof MongoServerError) || error.codeName !== "IndexNotFound") throw error;
};

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
  checkVersion(before, expected);
  const next = { ...before, ...change(before), version: before.version + 1, updatedAt: tx.now };
  const { _id, ...fields } = next;
  await collection.updateOne({ _id }, { $set: fields }, { upsert: true });
  return next;
}
