/** Notifications: types and views. Pure. */
export type Channel = "in_app" | "email";
export type NotificationStatus = "queued" | "sent" | "failed";

export interface NotificationDoc {
  _id: string;
  /** `{eventId}/{userId}/{channel}`, unique: nobody is told twice. */
  key: string;
  userId: string;
  channel: Channel;
  template: string;
  /** Rendered for the app; an e-mail is rendered when it is sent, and kept nowhere. */
  title: string;
  body: string;
  causeEventId: string;
  status: NotificationStatus;
  readAt: Date | null;
  createdAt: Date;
  settledAt: Date | null;
}

/** What notifications knows of a person: its own copy, from iam's events. */
export interface PersonDoc {
  _id: string;
  email: string;
  displayName: string;
  locale: string;
  timeZone: string;
  version: number;
  /** Nothing personal is left. */
  deleted: boolean;
}

export interface BuildingDoc {
  _id: string;
  managerId: string;
}

/** Kept by an embedded channel instead of being sent. */
export interface DeliveryDoc {
  _id: string;
  notificationId: string;
  channel: Channel;
  to: string;
  subject: string;
  text: string;
  at: Date;
}

export const viewNotification = (doc: NotificationDoc) => ({
  id: doc._id,
  template: doc.template,
  title: doc.title,
  body: doc.body,
  causeEventId: doc.causeEventId,
  readAt: doc.readAt?.toISOString() ?? null,
  createdAt: doc.createdAt.toISOString(),
});

export const viewDelivery = ({ _id, at, ...doc }: DeliveryDoc) => ({ id: _id, ...doc, at: at.toISOString() });
