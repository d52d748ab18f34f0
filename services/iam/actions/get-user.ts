import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { viewUser } from "../model.ts";
import { findUser } from "../repository.ts";

export const getUser = implement("iam.getUser", async ({ params, store }) => {
  const user = await findUser(store.db, params.id);
  if (!user) throw new NotFoundError("The user");
  return viewUser(user);
});
