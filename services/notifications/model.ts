/** Notifications: types and views. Pure. */
import type { NotificationStatus } from "./states.ts";
import { render } from "./templates/render.ts";
import { TEMPLATES, type Template } from "./templates/templates.ts";
import type { Channel, OutsideChannel } from "./topics.ts";

/** What a client opens. */
export interface Subject {
  type: string;
  id: string;
}

export interface NotificationDoc {
  _id: string;
  /** `{eventId}/{userId}/{channel}`, unique: nobody is told twice. */
  key: string;
  userId: string;
  channel: Channel;
  template: Template;
  /** Of the template. Kept for the app, which renders it when it is read; gone once an outside message is settled. */
  variables?: object;
  /** Rendered by releases before this one. */
  title?: string;
  body?: string;
  subject?: Subject | null;
  /** Another person whose name is in the variables. */
  namedId?: string | null;
  /** Told to everybody of it: whoever has left it by the time of the sending is not told. */
  buildingId?: string;
  /** The comment that it is about. */
  commentId?: string;
  /** The message that it tells. */
  messageId?: string;
  causeEventId: string;
  status: NotificationStatus;
  /** Gathered into the digest of that moment. */
  digestAt?: Date;
  /** Addresses that have it already, where there are several. */
  reached?: string[];
  readAt: Date | null;
  createdAt: Date;
  settledAt: Date | null;
}

/** Kept by an embedded channel instead of being sent. */
export interface DeliveryDoc {
  _id: string;
  notificationId: string;
  userId?: string;
  namedId?: string | null;
  channel: OutsideChannel;
  to: string;
  subject: string;
  text: string;
  unsubscribeUrl?: string | null;
  at: Date;
}

/** `locale`: the reader's. */
export const viewNotification = (locale: string) => (doc: NotificationDoc) => {
  const { title, body } = doc.variables
    ? render(doc.template, "in_app", doc.variables as never, locale)
    : { title: doc.title ?? "", body: doc.body ?? "" };
  return {
    id: doc._id,
    type: TEMPLATES[doc.template].topic,
    template: doc.template,
    title,
    body,
    subject: doc.subject ?? null,
    causeEventId: doc.causeEventId,
    readAt: doc.readAt?.toISOString() ?? null,
    createdAt: doc.createdAt.toISOString(),
  };
};

export const viewDelivery = ({ _id, at, ...doc }: DeliveryDoc) => ({
  id: _id,
  notificationId: doc.notificationId,
  channel: doc.channel,
  to: doc.to,
  subject: doc.subject,
  text: doc.text,
  unsubscribeUrl: doc.unsubscribeUrl ?? null,
  at: at.toISOString(),
});
