import type { Filter } from "mongodb";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { EVENTS, type EventDoc } from "../repository.ts";
import { loggedEvent } from "../views.ts";

export const listEvents = implement("analytics.listEvents", ({ params, store }) => {
  const { eventType, correlationId, from, to } = params;
  const filter: Filter<EventDoc> = {
    ...(eventType !== undefined && { eventType }),
    ...(correlationId !== undefined && { correlationId }),
    ...((from !== undefined || to !== undefined) && {
      timestamp: {
        ...(from !== undefined && { $gte: new Date(from) }),
        ...(to !== undefined && { $lt: new Date(to) }),
      },
    }),
  };
  return findPage(store.db.collection<EventDoc>(EVENTS), filter, params, loggedEvent, { projection: { payload: 0 } });
});
