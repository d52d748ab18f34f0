import type { Db } from "mongodb";
import type { BuildingDoc, DeliveryDoc, NotificationDoc, PersonDoc } from "./model.ts";

export const NOTIFICATIONS = "notifications";
export const PEOPLE = "people";
export const BUILDINGS = "buildings";
export const DELIVERIES = "deliveries";

export const notifications = (db: Db) => db.collection<NotificationDoc>(NOTIFICATIONS);
export const people = (db: Db) => db.collection<PersonDoc>(PEOPLE);
export const deliveries = (db: Db) => db.collection<DeliveryDoc>(DELIVERIES);
export const buildings = (db: Db) => db.collection<BuildingDoc>(BUILDINGS);

export async function ensureIndexes(db: Db): Promise<void> {
  await Promise.all([
    notifications(db).createIndexes([{ key: { key: 1 }, unique: true }, { key: { userId: 1, channel: 1, _id: -1 } }]),
    deliveries(db).createIndexes([{ key: { to: 1, _id: -1 } }, { key: { notificationId: 1 }, unique: true }]),
  ]);
}
