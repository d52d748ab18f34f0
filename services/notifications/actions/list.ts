import { implement } from "../../../mixins/kit/implement.ts";
import { viewNotification } from "../model.ts";
import { localeOf } from "../repository.ts";

export const list = implement("notifications.list", async ({ params, actor, reads, store }) => {
  const { unread } = params;
  const read = unread === undefined ? {} : { readAt: unread ? null : { $ne: null } };
  const view = viewNotification(await localeOf(store.db, actor.userId));
  return reads.page({ userId: actor.userId, channel: "in_app", ...read }, params, view);
});
