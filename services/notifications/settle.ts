/** The end of outside messages: what became of them, and of addresses that turned out dead. */
import type { Settle } from "../../mixins/jobs/job.ts";
import { newId } from "../../mixins/kit/ids.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { publishFailed, publishSent } from "./facts.ts";
import type { DeliveryDoc, NotificationDoc } from "./model.ts";
import type { PersonDoc } from "./people.ts";
import type { SubscriptionDoc } from "./push-subscription.ts";
import { DELIVERIES, NOTIFICATIONS, PEOPLE, SUBSCRIPTIONS } from "./repository.ts";
import type { OutsideChannel } from "./topics.ts";

export type Outcome = { status: "sent" } | { status: "dropped" } | { status: "failed"; reason: string };

/** Nothing personal stays with a message that has gone. */
export const settled =
  (ids: readonly string[], outcome: Outcome, dead: readonly DeadAddress[] = []): Settle<"notifications"> =>
  async (tx) => {
    const collection = tx.collection<NotificationDoc>(NOTIFICATIONS);
    const found = await collection.find({ _id: { $in: [...ids] } }).toArray();
    await forgetGone(tx, ids, found);
    const docs = found.filter(({ status }) => status === "queued");
    const open = { _id: { $in: docs.map(({ _id }) => _id) } };
    const change = { $set: { status: outcome.status, settledAt: tx.now }, $unset: { variables: 1, reached: 1 } };
    await collection.updateMany(open, change as object);
    for (const doc of docs) {
      if (outcome.status === "sent") publishSent(tx, doc);
      if (outcome.status === "failed") publishFailed(tx, doc, outcome.reason);
    }
    const [first] = docs;
    if (first) await buried(dead, first)(tx);
  };

/** Addresses that were found dead while others have to be tried again. */
export const buried =
  (dead: readonly DeadAddress[], cause: Pick<NotificationDoc, "causeEventId">): Settle<"notifications"> =>
  async (tx) => {
    for (const one of dead) await forgetAddress(tx, one, cause);
  };

/** Whose notification has gone, has gone while it was being sent: no copy of it is kept. */
async function forgetGone(
  tx: Tx<"notifications">,
  ids: readonly string[],
  found: readonly NotificationDoc[],
): Promise<void> {
  const there = new Set(found.map(({ _id }) => _id));
  const gone = ids.filter((id) => !there.has(id));
  if (gone.length > 0) await tx.collection<DeliveryDoc>(DELIVERIES).deleteMany({ notificationId: { $in: gone } });
}

export interface DeadAddress {
  userId: string;
  channel: OutsideChannel;
  address: string;
  /** Of a push subscription. */
  subscriptionId?: string;
  reason: string;
}

/** Nobody sends there any more, and the person reads in the app that it is so. Once an address. */
export async function forgetAddress(
  tx: Tx<"notifications">,
  { userId, channel, address, subscriptionId, reason }: DeadAddress,
  cause: Pick<NotificationDoc, "causeEventId">,
): Promise<void> {
  if (!(await takeAway(tx, { userId, channel, address, reason, ...(subscriptionId && { subscriptionId }) }))) return;
  const doc: NotificationDoc = {
    _id: newId(),
    key: `${channel}:${address}/${userId}/${tx.now.getTime()}/in_app`,
    userId,
    channel: "in_app",
    template: "address_dead",
    variables: { channel, address: channel === "push" ? new URL(address).hostname : address },
    subject: null,
    namedId: null,
    causeEventId: cause.causeEventId,
    status: "sent",
    readAt: null,
    createdAt: tx.now,
    settledAt: tx.now,
  };
  await tx.collection<NotificationDoc>(NOTIFICATIONS).insertOne(doc);
  publishSent(tx, doc);
}

/** @returns false when it is gone already, or another one has taken its place */
async function takeAway(tx: Tx<"notifications">, dead: DeadAddress): Promise<boolean> {
  const { userId, channel, address, subscriptionId, reason } = dead;
  if (channel === "push") {
    const gone = await tx.collection<SubscriptionDoc>(SUBSCRIPTIONS).deleteOne({ _id: subscriptionId ?? "" });
    return gone.deletedCount > 0;
  }
  const field = channel === "email" ? "email" : "phone";
  const { modifiedCount } = await tx
    .collection<PersonDoc>(PEOPLE)
    .updateOne({ _id: userId, [field]: address, [`dead.${channel}`]: { $exists: false } } as object, {
      $set: { [`dead.${channel}`]: { reason, at: tx.now } } as object,
    });
  return modifiedCount > 0;
}
