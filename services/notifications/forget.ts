/** Forgets a person: addresses, devices, preferences, everything that was told to them; and what others were told of them. */
import type { SessionCollection } from "../../mixins/mongo/session-collection.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { onceMoreJob } from "../../mixins/privacy/once-more.ts";
import { RESIDENTS, type ResidentDoc, ROLES, type RoleDoc } from "./directory.ts";
import type { DeliveryDoc, NotificationDoc } from "./model.ts";
import type { PreferencesDoc } from "./preferences.ts";
import type { SubscriptionDoc } from "./push-subscription.ts";
import { DELIVERIES, NOTIFICATIONS, PREFERENCES, SUBSCRIPTIONS } from "./repository.ts";

export const forget = onceMoreJob<"notifications">(forgetPerson);

/** @param email of deliveries that releases before this one wrote: they name the address only */
export async function forgetPerson(tx: Tx<"notifications">, userId: string, email = ""): Promise<void> {
  const notifications = tx.collection<NotificationDoc>(NOTIFICATIONS);
  await notifications.deleteMany({ userId });
  await forgetIn(notifications, userId);
  const to = email === "" ? [] : [{ to: email }];
  await tx.collection<DeliveryDoc>(DELIVERIES).deleteMany({ $or: [{ userId }, { namedId: userId }, ...to] });
  await tx.collection<PreferencesDoc>(PREFERENCES).deleteMany({ _id: userId });
  await tx.collection<SubscriptionDoc>(SUBSCRIPTIONS).deleteMany({ userId });
  await tx.collection<ResidentDoc>(RESIDENTS).deleteMany({ userId });
  await tx.collection<RoleDoc>(ROLES).deleteMany({ userId });
}

/** What others were told of them: their name, and what they wrote, also where they have taken it back since. */
async function forgetIn(notifications: SessionCollection<NotificationDoc>, userId: string): Promise<void> {
  const told = async (where: object, what: object) =>
    notifications.updateMany({ namedId: userId, ...where } as object, { $set: what as object });
  await told({ "variables.name": { $exists: false }, "variables.title": { $exists: true } }, { "variables.title": "" });
  await told({ "variables.text": { $exists: true } }, { "variables.text": "" });
  await told({ "variables.name": { $exists: true } }, { "variables.name": null });
  await told({}, { namedId: null });
}
