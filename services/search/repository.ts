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

/** Writes what is new of it. Run again, or late, it changes nothing. */
export async function saveNews(tx: Tx<"search">, news: News, languages: Languages): Promise<void> {
  const { live, rebuild } = await indexIn(tx);
  for (const generation of [live, ...(rebuild ? [rebuild.generation] : [])])
    await saveInto(tx, generation, news, languages);
}

export async function saveInto(tx: Tx<"search">, generation: number, news: News, languages: Languages): Promise<void> {
  const documents = tx.collection<SearchDoc>(documentsName(generation));
  const before = await documents.findOne({ _id: docId(news.type, news.refId) });
  const after = withNews(before, news);
  if (after) await write(tx, generation, after, languages);
}

/** Takes a document over from another generation, as far as it is newer. */
export async function mergeInto(tx: Tx<"search">, generation: number, doc: SearchDoc, languages: Languages) {
  const before = await tx.collection<SearchDoc>(documentsName(generation)).findOne({ _id: doc._id });
  await write(tx, generation, newerOf(doc, before), languages);
}

async function write(tx: Tx<"search">, generation: number, doc: SearchDoc, languages: Languages): Promise<void> {
  const { _id, ...fields } = { ...doc, ownerId: await stillThere(tx, doc.ownerId) };
  await tx.collection<SearchDoc>(documentsName(generation)).updateOne({ _id }, { $set: fields }, { upsert: true });
  await addWords(tx, vocabularyName(generation), doc.buildingId, doc.words, languages);
}

async function stillThere(tx: Tx<"search">, userId: string | null): Promise<string | null> {
  if (userId === null) return null;
  return (await tx.collection<GoneDoc>(GONE).findOne({ _id: userId })) ? null : userId;
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
