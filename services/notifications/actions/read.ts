import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type NotificationDoc, viewNotification } from "../model.ts";
import { localeOf, NOTIFICATIONS } from "../repository.ts";

export const read = implement("notifications.read", async ({ params, actor, store }) => {
  const view = viewNotification(await localeOf(store.db, actor.userId));
  return store.inTransaction(async (tx) => {
    const notifications = tx.collection<NotificationDoc>(NOTIFICATIONS);
    const own = { _id: params.id, userId: actor.userId, channel: "in_app" as const };
    const doc = await notifications.findOne(own);
    if (!doc) throw new NotFoundError("The notification");
    if (doc.readAt) return view(doc);
    await notifications.updateOne(own, { $set: { readAt: tx.now } });
    return view({ ...doc, readAt: tx.now });
  });
});
