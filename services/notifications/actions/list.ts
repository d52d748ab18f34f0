import { implement } from "../../../mixins/kit/implement.ts";
import { viewNotification } from "../model.ts";

export const list = implement("notifications.list", ({ params, actor, reads }) => {
  const { unread } = params;
  const read = unread === undefined ? {} : { readAt: unread ? null : { $ne: null } };
  return reads.page({ userId: actor.userId, channel: "in_app", ...read }, params, viewNotification);
});
