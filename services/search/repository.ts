/** Writing documents: into the live generation and, while a rebuild runs, into the next one too. */
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { documentsName, indexIn, vocabularyName } from "./generation.ts";
import { docId, type News, newerOf, type SearchDoc, withNews } from "./model.ts";
import { addWords } from "./vocabulary.ts";

/** People who have left: what they wrote may be told of later than that. */
export const GONE = "gone";
interface GoneDoc {
  _id: string;
  at: Date;
}

export type Languages = readonly string[];

/** Writes what is new, in as many steps for many as for one. Run again, or late, it changes nothing. */
export async function saveNews(tx: Tx<"search">, news: readonly News[], languages: Languages): Promise<void> {
  if (news.length === 0) return;
  const { live, rebuild } = await indexIn(tx);
  for (const generation of [live, ...(rebuild ? [rebuild.generation] : [])])
    await saveInto(tx, generation, news, languages);
}

export async function saveInto(
  tx: Tx<"search">,
  generation: number,
  news: readonly News[],
  languages: Languages,
): Promise<void> {
  const before = await docsIn(
    tx,
    generation,
    news.map(({ type, refId }) => docId(type, refId)),
  );
  const changed = new Map<string, SearchDoc>();
  for (const one of news) {
    const id = docId(one.type, one.refId);
    const after = withNews(changed.get(id) ?? before.get(id) ?? null, one);
    if (after) changed.set(id, after);
  }
  await write(tx, generation, [...changed.values()], before, languages);
}

/** Takes documents over from another generation, as far as they are newer. */
export async function mergeInto(
  tx: Tx<"search">,
  generation: number,
  docs: readonly SearchDoc[],
  languages: Languages,
): Promise<void> {
  const before = await docsIn(
    tx,
    generation,
    docs.map(({ _id }) => _id),
  );
  const merged = docs.map((doc) => newerOf(doc, before.get(doc._id) ?? null));
  await write(tx, generation, merged, before, languages);
}

async function docsIn(tx: Tx<"search">, generation: number, ids: readonly string[]): Promise<Map<string, SearchDoc>> {
  const documents = tx.collection<SearchDoc>(documentsName(generation));
  const found = await documents.find({ _id: { $in: [...new Set(ids)] } }).toArray();
  return new Map(found.map((doc) => [doc._id, doc]));
}

async function write(
  tx: Tx<"search">,
  generation: number,
  docs: readonly SearchDoc[],
  before: ReadonlyMap<string, SearchDoc>,
  languages: Languages,
): Promise<void> {
  if (docs.length === 0) return;
  const gone = await tx.collection<GoneDoc>(GONE).idsAmong(docs.flatMap(({ ownerId }) => ownerId ?? []));
  const owned = docs.map((doc) => (doc.ownerId !== null && gone.has(doc.ownerId) ? { ...doc, ownerId: null } : doc));
  const isNew = ({ _id }: SearchDoc): boolean => !before.has(_id);
  const inserts = owned.filter(isNew).map((document) => ({ insertOne: { document } }));
  const known = owned.filter((doc) => !isNew(doc));
  const updates = known.map(({ _id, ...fields }) => ({ updateOne: { filter: { _id }, update: { $set: fields } } }));
  await tx.collection<SearchDoc>(documentsName(generation)).bulkWrite([...inserts, ...updates]);
  await addWords(tx, vocabularyName(generation), docs, languages);
}

/** The content stays; whose it was is forgotten, also of what comes late. */
export async function forgetOwner(tx: Tx<"search">, userId: string): Promise<void> {
  await tx.collection<GoneDoc>(GONE).updateOne({ _id: userId }, { $setOnInsert: { at: tx.now } }, { upsert: true });
  const { live, rebuild } = await indexIn(tx);
  for (const generation of [live, ...(rebuild ? [rebuild.generation] : [])])
    await tx
      .collection<SearchDoc>(documentsName(generation))
      .updateMany({ ownerId: userId }, { $set: { ownerId: null } });
}
