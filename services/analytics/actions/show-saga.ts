import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { EVENTS, type EventDoc } from "../repository.ts";
import { loggedEvent } from "../views.ts";

/** A saga of this product has a dozen events; more than this is a loop. */
const MAX_EVENTS = 500;

export const showSaga = implement("analytics.showSaga", async ({ params: { correlationId }, store }) => {
  const found = await store.db
    .collection<EventDoc>(EVENTS)
    .find({ correlationId }, { projection: { payload: 0 }, maxTimeMS: MAX_TIME_MS })
    .sort({ _id: 1 })
    .limit(MAX_EVENTS + 1)
    .toArray();
  return { correlationId, items: found.slice(0, MAX_EVENTS).map(loggedEvent), truncated: found.length > MAX_EVENTS };
});
