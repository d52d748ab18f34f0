import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { viewTicket } from "../model.ts";
import { tickets } from "../repository.ts";

export const exportPerson = implement("tickets.exportPerson", async ({ params, store }) => {
  const found = await tickets(store.db)
    .find({ reporterId: params.userId }, { maxTimeMS: MAX_TIME_MS })
    .sort({ _id: 1 })
    .toArray();
  return { tickets: found.map(viewTicket) };
});
