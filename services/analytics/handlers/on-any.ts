import { onTogether } from "../../../mixins/consumer/handler.ts";
import type { EventName } from "../../../mixins/kit/contracts.ts";
import type { Registry } from "../../../mixins/kit/registry.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { whoHasLeft } from "../../../mixins/privacy/erase.ts";
import { goneIn } from "../../../mixins/privacy/personal.ts";
import { type AnyEvent, countsOf, erasedPayload, eventDoc } from "../model.ts";
import { COUNTS, type CountDoc, EVENTS, type EventDoc } from "../repository.ts";

/** Nobody waits for it, and every event comes here: many are kept in one go. */
const LINGER_MS = 200;
/** Events that are read and written in one go where a person is forgotten: years in the house are some thousands. */
const PORTION = 1_000;

/** Keeps every event, counts it, and forgets the data of a person who has left. */
export const onAny = (registry: Registry) =>
  onTogether<EventName, "analytics">(
    ["#"],
    async (arrivals) => {
      const [{ tx }] = arrivals;
      const known = arrivals.flatMap(({ event }) => {
        const { def } = registry.event(event.eventType) ?? {};
        return def ? { event, def } : [];
      });
      if (known.length === 0) return;
      const docs = known.map(({ event, def }) => eventDoc(event as AnyEvent, def, tx.now));
      const gone = known.flatMap(({ event, def }) => goneIn(def, event.payload) ?? []);
      const named = docs.flatMap(({ personId }) => personId ?? []);
      const left = new Set([...gone, ...(await whoHasLeft(tx, named))]);
      for (const doc of docs)
        if (doc.personId !== null && left.has(doc.personId)) doc.payload = erasedPayload(doc, registry);
      // A replay that is older than the inbox finds the event here already, and is not counted twice.
      await count(tx, await tx.collection<EventDoc>(EVENTS).insertMissing(docs));
      await forget(tx, registry, gone);
    },
    { lingerMs: LINGER_MS },
  );

async function count(tx: Tx<"analytics">, docs: readonly EventDoc[]): Promise<void> {
  const counts = countsOf(docs);
  if (counts.length === 0) return;
  await tx.collection<CountDoc>(COUNTS).bulkWrite(
    counts.map(({ _id, count, ...fields }) => ({
      updateOne: { filter: { _id }, update: { $inc: { count }, $setOnInsert: fields }, upsert: true },
    })),
  );
}

async function forget(tx: Tx<"analytics">, registry: Registry, personIds: readonly string[]): Promise<void> {
  if (personIds.length === 0) return;
  const events = tx.collection<EventDoc>(EVENTS);
  const theirs = events.find({ personId: { $in: [...personIds] } }, { batchSize: PORTION });
  while (await theirs.hasNext()) {
    const portion = theirs.readBufferedDocuments();
    await events.bulkWrite(
      portion.map((doc) => ({
        updateOne: { filter: { _id: doc._id }, update: { $set: { payload: erasedPayload(doc, registry) } } },
      })),
    );
  }
}
