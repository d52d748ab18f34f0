import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { viewContact } from "../contacts.ts";
import { contacts } from "../repository.ts";

export const listContacts = implement("residency.listContacts", async ({ params, actor, store }) => {
  if (!isManagerOf(actor, params.id)) throw new NotFoundError("The building");
  return findPage(contacts(store.db), { buildingId: params.id }, params, viewContact);
});
