import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { InvalidInputError, NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type ContactDoc, type PlacedRow, readCsv, sortRows } from "../contacts.ts";
import { ContactsInvalidError } from "../errors.ts";
import { CONTACTS, units } from "../repository.ts";

/** Faults that are told in one answer. */
const MAX_TOLD = 100;

export const importContacts = implement("residency.importContacts", async ({ params, actor, store, now }) => {
  const { id: buildingId, partial = false } = params;
  if (!isManagerOf(actor, buildingId)) throw new NotFoundError("The building");
  const known = await units(store.db)
    .find({ buildingId })
    .project<{ _id: string; name: string }>({ name: 1 })
    .toArray();
  const { good, bad } = sortRows(rowsOf(params), known);
  if (bad.length > 0 && !partial) throw new ContactsInvalidError(bad.slice(0, MAX_TOLD), bad.length);
  const docs = [...good].map(([_id, row]): ContactDoc => ({ _id, buildingId, ...row, userId: null, createdAt: now }));
  return store.inTransaction(async (tx) => {
    const contacts = tx.collection<ContactDoc>(CONTACTS);
    const there = await contacts.find({ _id: { $in: [...good.keys()] } }, { projection: { _id: 1 } }).toArray();
    const old = new Set(there.map(({ _id }) => _id));
    const fresh = docs.filter(({ _id }) => !old.has(_id));
    if (fresh.length > 0) await contacts.insertMany(fresh);
    return { imported: docs.length, rejected: bad.slice(0, MAX_TOLD) };
  });
});

/** @throws InvalidInputError */
function rowsOf({ contacts, csv }: { contacts?: PlacedRow["row"][]; csv?: string }): PlacedRow[] {
  if (csv !== undefined) return readCsv(csv);
  if (contacts) return contacts.map((row, index) => ({ place: `/contacts/${index}`, row }));
  const errors = [{ path: "/contacts", message: "is required" }];
  throw new InvalidInputError("Send contacts as JSON, or as text/csv.", { errors });
}
