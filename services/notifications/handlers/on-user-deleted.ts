import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { SessionCollection } from "../../../mixins/mongo/session-collection.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { RESIDENTS, type ResidentDoc, ROLES, type RoleDoc } from "../directory.ts";
import type { DeliveryDoc, NotificationDoc } from "../model.ts";
import { forgotten, type PersonDoc } from "../people.ts";
import type { PreferencesDoc } from "../preferences.ts";
import type { SubscriptionDoc } from "../push-subscription.ts";
import { DELIVERIES, NOTIFICATIONS, PEOPLE, PREFERENCES, SUBSCRIPTIONS } from "../repository.ts";

/** What others were told of them: their name, and what they wrote, also where they have taken it back since. */
async function forgetIn(notifications: SessionCollection<NotificationDoc>, userId: string): Promise<void> {
  const told = async (where: object, what: object) =>
    notifications.updateMany({ namedId: userId, ...where } as object, { $set: what as object });
  await told({ "variables.name": { $exists: false }, "variables.title": { $exists: true } }, { "variables.title": "" });
  await told({ "variables.text": { $exists: true } }, { "variables.text": "" });
  await told({ "variables.name": { $exists: true } }, { "variables.name": null });
  await told({}, { namedId: null });
}

/** Addresses, devices, preferences, everything that was told to the person; and the name, where others were told it. */
export const onUserDeleted = onEvent("user.deleted", async ({ payload }, tx: Tx<"notifications">) => {
  const { userId, version } = payload;
  const people = tx.collection<PersonDoc>(PEOPLE);
  const person = await people.findOne({ _id: userId });
  await people.deleteOne({ _id: userId });
  await people.insertOne(forgotten(userId, version));
  const notifications = tx.collection<NotificationDoc>(NOTIFICATIONS);
  await notifications.deleteMany({ userId });
  await forgetIn(notifications, userId);
  // Those of releases before this one name the address only.
  const to = person?.email ? [{ to: person.email }] : [];
  await tx.collection<DeliveryDoc>(DELIVERIES).deleteMany({ $or: [{ userId }, { namedId: userId }, ...to] });
  await tx.collection<PreferencesDoc>(PREFERENCES).deleteMany({ _id: userId });
  await tx.collection<SubscriptionDoc>(SUBSCRIPTIONS).deleteMany({ userId });
  await tx.collection<ResidentDoc>(RESIDENTS).deleteMany({ userId });
  await tx.collection<RoleDoc>(ROLES).deleteMany({ userId });
});
