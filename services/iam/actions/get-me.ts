import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { viewUser } from "../model.ts";
import { findUser } from "../repository.ts";

export const getMe = implement("iam.getMe", async ({ actor, store }) => {
  const user = await findUser(store.db, actor.userId);
  if (!user) throw new NotFoundError("The account");
  return viewUser(user);
});
