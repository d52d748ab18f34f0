import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { normaliseEmail, viewUser } from "../model.ts";
import { users } from "../repository.ts";

export const listUsers = implement("iam.listUsers", ({ params, store }) => {
  const filter = params.email === undefined ? {} : { email: normaliseEmail(params.email) };
  return findPage(users(store.db), filter, params, viewUser);
});
