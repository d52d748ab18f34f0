import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { NotificationDoc } from "./model.ts";

const about = ({ _id, userId, channel, template, causeEventId }: NotificationDoc) => ({
  notificationId: _id,
  userId,
  channel,
  template,
  causeEventId,
});

export function publishSent(tx: Tx<"notifications">, doc: NotificationDoc): void {
  tx.publish("notification.sent", about(doc), { aggregateId: doc._id });
}

export function publishFailed(tx: Tx<"notifications">, doc: NotificationDoc, reason: string): void {
  tx.publish("notification.failed", { ...about(doc), reason }, { aggregateId: doc._id });
}
