import type { Filter } from "mongodb";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { COUNTS, type CountDoc } from "../repository.ts";

export const dailyCounts = implement("analytics.dailyCounts", ({ params, store }) => {
  const { buildingId, eventType, from, to } = params;
  const filter: Filter<CountDoc> = {
    ...(buildingId !== undefined && { buildingId }),
    ...(eventType !== undefined && { eventType }),
    // Days, as the UTC dates of `from` (included) and `to` (included).
    ...((from !== undefined || to !== undefined) && {
      day: {
        ...(from !== undefined && { $gte: from.slice(0, 10) }),
        ...(to !== undefined && { $lte: to.slice(0, 10) }),
      },
    }),
  };
  return findPage(store.db.collection<CountDoc>(COUNTS), filter, params, ({ _id, ...count }) => count);
});
