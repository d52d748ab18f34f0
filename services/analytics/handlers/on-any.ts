import { onPattern } from "../../../mixins/consumer/handler.ts";
import type { Registry } from "../../../mixins/kit/registry.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { hasLeft } from "../../../mixins/privacy/erase.ts";
import { goneIn } from "../../../mixins/privacy/personal.ts";
import { type AnyEvent, countOf, erasedPayload, eventDoc } from "../model.ts";
import { COUNTS, type CountDoc, EVENTS, type EventDoc } from "../repository.ts";

/** Keeps every event, counts it, and forgets the data of a person who has left. */
export const onAny = (registry: Registry) =>
  onPattern("#", async (event, tx: Tx<"analytics">) => {
    const { def } = registry.event(event.eventType) ?? {};
    if (!def) return;
    const doc = eventDoc(event as AnyEvent, def, tx.now);
    if (doc.personId !== null && (await hasLeft(tx, doc.personId))) doc.payload = erasedPayload(doc, registry);
    // An upsert: a replay that is older than the inbox finds the event here already, and is not counted twice.
    const { upsertedCount } = await tx
      .collection<EventDoc>(EVENTS)
      .updateOne({ _id: doc._id }, { $setOnInsert: doc }, { upsert: true });
    if (upsertedCount === 0) return;
    const { _id, ...fields } = countOf(doc);
    await tx
      .collection<CountDoc>(COUNTS)
      .updateOne({ _id }, { $inc: { count: 1 }, $setOnInsert: fields }, { upsert: true });
    const gone = goneIn(def, event.payload);
    if (gone !== undefined) await forget(tx, registry, gone);
  });

async function forget(tx: Tx<"analytics">, registry: Registry, personId: string): Promise<void> {
  const events = tx.collection<EventDoc>(EVENTS);
  for (const doc of await events.find({ personId }).toArray())
    await events.updateOne({ _id: doc._id }, { $set: { payload: erasedPayload(doc, registry) } });
}
