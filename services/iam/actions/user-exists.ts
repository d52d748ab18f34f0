import { implement } from "../../../mixins/kit/implement.ts";
import { findUser } from "../repository.ts";

export const userExists = implement("iam.userExists", async ({ params, store }) => {
  const user = await findUser(store.db, params.userId);
  return { exists: user !== null, displayName: user?.displayName ?? "" };
});
