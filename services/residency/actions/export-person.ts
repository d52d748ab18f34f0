import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { viewContact } from "../contacts.ts";
import { viewResidency } from "../model.ts";
import { contacts, residencies } from "../repository.ts";

const options = { maxTimeMS: MAX_TIME_MS };

export const exportPerson = implement("residency.exportPerson", async ({ params: { userId }, call, store: { db } }) => {
  const { email } = await call("iam.userExists", { userId });
  // Also where nobody has claimed the unit by it: the list names their address.
  const listed = email === null ? { userId } : { $or: [{ userId }, { email }] };
  const [lived, named] = await Promise.all([
    residencies(db).find({ userId }, options).sort({ _id: 1 }).toArray(),
    contacts(db).find(listed, options).sort({ _id: 1 }).toArray(),
  ]);
  return { residencies: lived.map(viewResidency), contacts: named.map(viewContact) };
});
