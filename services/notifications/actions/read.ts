import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type NotificationDoc, viewNotification } from "../model.ts";
import { NOTIFICATIONS } from "../repository.ts";

export const read = implement("notifications.read", ({ params, actor, store }) =>
  store.inTransaction(async (tx) => {
    const notifications = tx.collection<NotificationDoc>(NOTIFICATIONS);
    const own = { _id: params.id, userId: actor.userId, channel: "in_app" as const };
    const doc = await notifications.findOne(own);
    if (!doc) throw new NotFoundError("The notification");
    if (doc.readAt) return viewNotification(doc);
    await notifications.updateOne(own, { $set: { readAt: tx.now } });
    return viewNotification({ ...doc, readAt: tx.now });
  }),
);
