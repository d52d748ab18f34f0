import { implement } from "../../../mixins/kit/implement.ts";
import { checkTimeZone } from "../../../mixins/kit/time-zone.ts";
import { viewUser } from "../model.ts";
import { changeUser } from "../repository.ts";

export const updateMe = implement("iam.updateMe", async ({ params, actor, ifMatch, store }) => {
  if (params.timeZone !== undefined) checkTimeZone(params.timeZone);
  return store.inTransaction(async (tx) => {
    const user = await changeUser(tx, actor.userId, () => params, ifMatch);
    const payload = { userId: user._id, changed: params, version: user.version };
    tx.publish("user.updated", payload, { aggregateId: user._id, aggregateVersion: user.version });
    return viewUser(user);
  });
});
