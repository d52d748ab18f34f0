import { implement } from "../../../mixins/kit/implement.ts";
import type { NotificationDoc } from "../model.ts";
import { NOTIFICATIONS } from "../repository.ts";

export const readAll = implement("notifications.readAll", ({ actor, store }) =>
  store.inTransaction(async (tx) => {
    const unread = { userId: actor.userId, channel: "in_app" as const, readAt: null };
    const { modifiedCount } = await tx
      .collection<NotificationDoc>(NOTIFICATIONS)
      .updateMany(unread, { $set: { readAt: tx.now } });
    return { updated: modifiedCount };
  }),
);
