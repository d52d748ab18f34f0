import { implement } from "../../../mixins/kit/implement.ts";
import { findUser } from "../repository.ts";

export const userExists = implement("iam.userExists", async ({ params, store }) => {
  const user = await findUser(store.db, params.userId);
  const email = user?.emailVerifiedAt ? user.email : null;
  return { exists: user !== null, displayName: user?.displayName ?? "", email };
});
