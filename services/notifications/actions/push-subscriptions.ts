import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import {
  checkEndpoint,
  checkKeys,
  MAX_SUBSCRIPTIONS,
  type SubscriptionDoc,
  viewSubscription,
} from "../push-subscription.ts";
import { SUBSCRIPTIONS, subscriptionsOf } from "../repository.ts";

export const pushKey = (publicKey: string) =>
  implement("notifications.pushKey", async () => ({ publicKey: publicKey === "" ? null : publicKey }));

/** The same browser again keeps its id; another person on it takes it over. */
export const createPushSubscription = (hosts: readonly string[]) =>
  implement("notifications.createPushSubscription", ({ params: { endpoint, keys }, actor: { userId }, store }) => {
    checkEndpoint(endpoint, hosts);
    checkKeys(keys);
    return store.inTransaction(async (tx) => {
      const collection = tx.collection<SubscriptionDoc>(SUBSCRIPTIONS);
      const known = await collection.findOne({ endpoint });
      if (known && known.userId !== userId) await collection.deleteOne({ _id: known._id });
      const same = known?.userId === userId ? known : undefined;
      const doc: SubscriptionDoc = {
        _id: same?._id ?? newId(),
        userId,
        endpoint,
        keys,
        createdAt: same?.createdAt ?? tx.now,
      };
      const { _id, ...fields } = doc;
      await collection.updateOne({ _id }, { $set: fields }, { upsert: true });
      const all = await collection.find({ userId }, { sort: { _id: -1 } }).toArray();
      const old = all.slice(MAX_SUBSCRIPTIONS).map((one) => one._id);
      if (old.length > 0) await collection.deleteMany({ _id: { $in: old } });
      return viewSubscription(doc);
    });
  });

export const listPushSubscriptions = implement("notifications.listPushSubscriptions", ({ params, actor, store }) =>
  findPage(subscriptionsOf(store.db), { userId: actor.userId }, params, viewSubscription),
);

export const deletePushSubscription = implement("notifications.deletePushSubscription", ({ params, actor, store }) =>
  store.inTransaction(async (tx) => {
    const own = { _id: params.id, userId: actor.userId };
    const { deletedCount } = await tx.collection<SubscriptionDoc>(SUBSCRIPTIONS).deleteOne(own);
    if (deletedCount === 0) throw new NotFoundError("The push subscription");
    return {};
  }),
);
