import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { RESIDENTS, type ResidentDoc, ROLES, type RoleDoc } from "../directory.ts";
import type { DeliveryDoc, NotificationDoc } from "../model.ts";
import { forgotten, type PersonDoc } from "../people.ts";
import type { PreferencesDoc } from "../preferences.ts";
import type { SubscriptionDoc } from "../push-subscription.ts";
import { DELIVERIES, NOTIFICATIONS, PEOPLE, PREFERENCES, SUBSCRIPTIONS } from "../repository.ts";

/** Addresses, devices, preferences, everything that was told to the person; and the name, where others were told it. */
export const onUserDeleted = onEvent("user.deleted", async ({ payload }, tx: Tx<"notifications">) => {
  const { userId, version } = payload;
  const people = tx.collection<PersonDoc>(PEOPLE);
  const person = await people.findOne({ _id: userId });
  await people.deleteOne({ _id: userId });
  await people.insertOne(forgotten(userId, version));
  const notifications = tx.collection<NotificationDoc>(NOTIFICATIONS);
  await notifications.deleteMany({ userId });
  const named = { namedId: userId, variables: { $exists: true } } as object;
  await notifications.updateMany(named, { $set: { "variables.name": null, namedId: null } as object });
  // Those of releases before this one name the address only.
  const to = person?.email ? [{ to: person.email }] : [];
  await tx.collection<DeliveryDoc>(DELIVERIES).deleteMany({ $or: [{ userId }, { namedId: userId }, ...to] });
  await tx.collection<PreferencesDoc>(PREFERENCES).deleteMany({ _id: userId });
  await tx.collection<SubscriptionDoc>(SUBSCRIPTIONS).deleteMany({ userId });
  await tx.collection<ResidentDoc>(RESIDENTS).deleteMany({ userId });
  await tx.collection<RoleDoc>(ROLES).deleteMany({ userId });
});
