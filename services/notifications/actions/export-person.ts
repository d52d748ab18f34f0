import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { viewNotification } from "../model.ts";
import { notifications } from "../repository.ts";

export const exportPerson = implement("notifications.exportPerson", async ({ params, store }) => {
  const found = await notifications(store.db)
    .find({ userId: params.userId }, { maxTimeMS: MAX_TIME_MS })
    .sort({ _id: 1 })
    .toArray();
  return { notifications: found.map(viewNotification) };
});
