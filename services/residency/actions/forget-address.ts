import { implement } from "../../../mixins/kit/implement.ts";
import type { ContactDoc } from "../contacts.ts";
import { CONTACTS } from "../repository.ts";

/** The event of the deletion tells an id: of an address that nobody has claimed a unit by, only the account knows whose it is. */
export const forgetAddress = implement("residency.forgetAddress", ({ params: { email }, store }) =>
  store.inTransaction(async (tx) => {
    await tx.collection<ContactDoc>(CONTACTS).deleteMany({ email });
    return {};
  }),
);
