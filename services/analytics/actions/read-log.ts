import { implement, type Logger } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import type { Registry } from "../../../mixins/kit/registry.ts";
import { EVENTS, type EventDoc } from "../repository.ts";

export const readLog = implement("analytics.readLog", async ({ params, store, registry, logger }) => {
  const { eventTypes, ...request } = params;
  const events = store.db.collection<EventDoc>(EVENTS);
  const filter = { eventType: { $in: eventTypes } };
  const page = await findPage(events, filter, request, (doc) => current(doc, registry, logger), { order: "oldest" });
  return { items: page.items.filter((item) => item !== null), nextCursor: page.nextCursor };
});

/** @returns null for what no contract reads any longer */
function current(
  { _id, eventType, timestamp, payload, payloadVersion, version }: EventDoc,
  registry: Registry,
  logger: Logger,
) {
  const known = registry.event(eventType);
  const reading = known?.read(payloadVersion ?? known.def.current, JSON.parse(payload));
  if (reading?.ok) return { eventId: _id, eventType, timestamp: timestamp.toISOString(), payload: reading.payload };
  logger.warn(`analytics: ${eventType} ${version} ${_id} of the event log can't be read any longer`);
  return null;
}
