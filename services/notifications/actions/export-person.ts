import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { viewDelivery, viewNotification } from "../model.ts";
import { viewSubscription } from "../push-subscription.ts";
import { deliveries, notifications, preferencesOf, subscriptionsOf } from "../repository.ts";
import { reachOf, viewPreferences } from "../view-preferences.ts";

const options = { maxTimeMS: MAX_TIME_MS, sort: { _id: 1 } } as const;

export const exportPerson = implement("notifications.exportPerson", async ({ params: { userId }, store: { db } }) => {
  const [told, preferences, reach, devices, kept] = await Promise.all([
    notifications(db).find({ userId, channel: "in_app" }, options).toArray(),
    preferencesOf(db).findOne({ _id: userId }),
    reachOf(db, userId),
    subscriptionsOf(db).find({ userId }, options).toArray(),
    deliveries(db).find({ userId }, options).toArray(),
  ]);
  return {
    notifications: told.map(viewNotification(reach.person?.locale ?? "en")),
    preferences: viewPreferences(preferences, reach),
    pushSubscriptions: devices.map(viewSubscription),
    deliveries: kept.map(viewDelivery),
  };
});
