import { onPattern } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { type AnyEvent, countOf, erasedPayload, eventDoc, PERSON_DELETED, PERSONAL } from "../model.ts";
import { COUNTS, type CountDoc, EVENTS, type EventDoc } from "../repository.ts";

/** Keeps every event, counts it, and forgets the data of a person who has left. */
export const onAny = onPattern("#", async (event, tx: Tx<"analytics">) => {
  const doc = eventDoc(event as AnyEvent, tx.now);
  if (PERSONAL.includes(doc.eventType) && doc.userId !== null && (await hasLeft(tx, doc.userId)))
    doc.payload = erasedPayload(doc.userId);
  // An upsert: a replay that is older than the inbox finds the event here already, and is not counted twice.
  const { upsertedCount } = await tx
    .collection<EventDoc>(EVENTS)
    .updateOne({ _id: doc._id }, { $setOnInsert: doc }, { upsert: true });
  if (upsertedCount === 0) return;
  const { _id, ...fields } = countOf(doc);
  await tx
    .collection<CountDoc>(COUNTS)
    .updateOne({ _id }, { $inc: { count: 1 }, $setOnInsert: fields }, { upsert: true });
  if (doc.eventType === PERSON_DELETED && doc.userId !== null) await forget(tx, doc.userId);
});

/** Delivery may be re-ordered: the deletion may have come first. */
const hasLeft = async (tx: Tx<"analytics">, userId: string): Promise<boolean> =>
  (await tx.collection<EventDoc>(EVENTS).findOne({ userId, eventType: PERSON_DELETED }, { projection: { _id: 1 } })) !==
  null;

const forget = (tx: Tx<"analytics">, userId: string) =>
  tx
    .collection<EventDoc>(EVENTS)
    .updateMany({ userId, eventType: { $in: [...PERSONAL] } }, { $set: { payload: erasedPayload(userId) } });
