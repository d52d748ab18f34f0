import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { viewResult } from "../model.ts";
import { results } from "../repository.ts";

export const exportPerson = implement("ai.exportPerson", async ({ params: { userId }, store: { db } }) => {
  const found = await results(db).find({ authorId: userId }, { maxTimeMS: MAX_TIME_MS }).sort({ _id: 1 }).toArray();
  return { results: found.map(viewResult) };
});
