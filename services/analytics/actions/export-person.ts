import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { EVENTS, type EventDoc } from "../repository.ts";
import { loggedEvent } from "../views.ts";

/** The newest so many: an export is one answer. */
const MAX_EVENTS = 5_000;

/** What the log holds of what somebody did. */
export const exportPerson = implement("analytics.exportPerson", async ({ params: { userId }, store }) => {
  const found = await store.db
    .collection<EventDoc>(EVENTS)
    .find({ actorId: userId }, { projection: { payload: 0 }, maxTimeMS: MAX_TIME_MS })
    .sort({ _id: -1 })
    .limit(MAX_EVENTS)
    .toArray();
  return { events: found.map(loggedEvent) };
});
