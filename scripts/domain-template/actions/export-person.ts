import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { viewThing } from "../model.ts";
import { things } from "../repository.ts";

export const exportPerson = implement("things.exportPerson", async ({ params, store }) => {
  const found = await things(store.db)
    .find({ ownerId: params.userId }, { maxTimeMS: MAX_TIME_MS })
    .sort({ _id: 1 })
    .toArray();
  return { things: found.map(viewThing) };
});
