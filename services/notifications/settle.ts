/** The end of outside messages: what became of them, and of addresses that turned out dead. */
import type { EndTogether, Settle } from "../../mixins/jobs/job.ts";
import { newId } from "../../mixins/kit/ids.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { publishFailed, publishSent } from "./facts.ts";
import type { DeliveryDoc, NotificationDoc } from "./model.ts";
import type { PersonDoc } from "./people.ts";
import type { SubscriptionDoc } from "./push-subscription.ts";
import { DELIVERIES, NOTIFICATIONS, PEOPLE, SUBSCRIPTIONS } from "./repository.ts";
import type { OutsideChannel } from "./topics.ts";

export type Outcome =
  | { status: "sent" }
  | { status: "dropped" }
  /** `unlessReached`: where one of several addresses has it, the person is told. */
  | { status: "failed"; reason: string; unlessReached?: true };

/** What became of notifications that share an outcome, and the addresses that turned out dead. */
export interface Ending {
  ids: readonly string[];
  outcome: Outcome;
  dead?: readonly DeadAddress[];
}

export const settled =
  (ids: readonly string[], outcome: Outcome, dead: readonly DeadAddress[] = []): Settle<"notifications"> =>
  (tx) =>
    settleAll([{ tx, end: { ids, outcome, dead } }]);

/** Nothing personal stays with a message that has gone. */
export const settleAll: EndTogether<"notifications", Ending> = async (ends) => {
  const ids = ends.flatMap(({ end }) => end.ids);
  const [first] = ends;
  if (!first || ids.length === 0) return;
  const { tx } = first;
  const collection = tx.collection<NotificationDoc>(NOTIFICATIONS);
  const found = await collection.find({ _id: { $in: ids } }).toArray();
  await forgetGone(tx, ids, found);
  const queued = new Map(found.filter(({ status }) => status === "queued").map((doc) => [doc._id, doc]));
  const all = ends.map((one) => ({ ...one, docs: one.end.ids.flatMap((id) => queued.get(id) ?? []) }));
  const each = all.flatMap(({ tx, end, docs }) => docs.map((doc) => ({ tx, doc, outcome: outcomeOf(doc, end) })));
  for (const [status, some] of Map.groupBy(each, ({ outcome }) => outcome.status)) {
    const change = { $set: { status, settledAt: tx.now }, $unset: { variables: 1, reached: 1 } };
    await collection.updateMany({ _id: { $in: some.map(({ doc }) => doc._id) } }, change as object);
  }
  for (const { tx, doc, outcome } of each) {
    if (outcome.status === "sent") publishSent(tx, doc);
    if (outcome.status === "failed") publishFailed(tx, doc, outcome.reason);
  }
  for (const { tx, end, docs } of all) if (docs[0]) await buried(end.dead ?? [], docs[0])(tx);
};

function outcomeOf({ reached = [] }: NotificationDoc, { outcome }: Ending): Outcome {
  const isTold = outcome.status === "failed" && outcome.unlessReached && reached.length > 0;
  return isTold ? { status: "sent" } : outcome;
}

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
