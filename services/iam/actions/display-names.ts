import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { users } from "../repository.ts";

export const displayNames = implement("iam.displayNames", async ({ params: { userIds }, store }) => {
  const options = { projection: { displayName: 1 }, maxTimeMS: MAX_TIME_MS };
  const found = await users(store.db)
    .find({ _id: { $in: userIds } }, options)
    .toArray();
  return { names: found.map(({ displayName }) => displayName) };
});
