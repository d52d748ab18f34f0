import type { Filter } from "mongodb";
import { firstIdAt } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { EVENTS, type EventDoc } from "../repository.ts";
import { loggedEvent } from "../views.ts";

/** Between the making of an event's id and its timestamp, also where clocks differ, milliseconds. */
const SLACK_MS = 3_600_000;

export const listEvents = implement("analytics.listEvents", ({ params, store }) => {
  const { eventType, correlationId, from, to } = params;
  const filter: Filter<EventDoc> = {
    ...(eventType !== undefined && { eventType }),
    ...(correlationId !== undefined && { correlationId }),
    ...((from !== undefined || to !== undefined) && {
      // Ids are UUID v7: they lead to the time without an index of its own.
      _id: {
        ...(from !== undefined && { $gte: firstIdAt(new Date(Date.parse(from) - SLACK_MS)) }),
        ...(to !== undefined && { $lt: firstIdAt(new Date(Date.parse(to) + SLACK_MS)) }),
      },
      timestamp: {
        ...(from !== undefined && { $gte: new Date(from) }),
        ...(to !== undefined && { $lt: new Date(to) }),
      },
    }),
  };
  return findPage(store.db.collection<EventDoc>(EVENTS), filter, params, loggedEvent, { projection: { payload: 0 } });
});
