/**
 * Generations of the index: one is live; while a rebuild runs, another one is being filled, and what happens meanwhile
 * is written to both. Switching is one document's change, so there is never a moment without an index.
 */
import type { Collection, Db } from "mongodb";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { SearchDoc } from "./model.ts";
import { ensureVocabularyIndexes, type WordDoc } from "./vocabulary.ts";

export const INDEX = "index";
const INDEX_ID = "index";

export interface Rebuild {
  generation: number;
  /** `log`: the event log is read. `merge`: what the log does not reach back to is taken over. */
  phase: "log" | "merge";
  startedAt: Date;
  startedBy: string;
  /** Of the page that comes next. */
  cursor: string | null;
  events: number;
  documents: number;
}
export interface IndexDoc {
  _id: string;
  live: number;
  rebuild: Rebuild | null;
  /** How the last one ended. */
  last: { startedAt: Date; finishedAt: Date; events: number; documents: number } | null;
}

export const documentsName = (generation: number): string => `documents_${generation}`;
export const vocabularyName = (generation: number): string => `vocabulary_${generation}`;

export const indexes = (db: Db) => db.collection<IndexDoc>(INDEX);
export const documentsOf = (db: Db, generation: number): Collection<SearchDoc> =>
  db.collection<SearchDoc>(documentsName(generation));
export const vocabularyOf = (db: Db, generation: number): Collection<WordDoc> =>
  db.collection<WordDoc>(vocabularyName(generation));

/** Index of each part of the permission filter (access.ts), with the words in it and the newest first. */
export const BY_SHELF = { shelf: 1, words: 1, at: -1 } as const;
export const BY_OWNER = { ownerId: 1, words: 1, at: -1 } as const;
export const BY_WORD = { words: 1, at: -1 } as const;

export async function ensureGeneration(db: Db, generation: number): Promise<void> {
  await Promise.all([
    documentsOf(db, generation).createIndexes([
      { key: BY_SHELF },
      { key: BY_OWNER, partialFilterExpression: { ownerId: { $type: "string" } } },
      { key: BY_WORD },
    ]),
    ensureVocabularyIndexes(vocabularyOf(db, generation)),
  ]);
}

export async function ensureIndex(db: Db): Promise<void> {
  await indexes(db).updateOne(
    { _id: INDEX_ID },
    { $setOnInsert: { live: 1, rebuild: null, last: null } },
    { upsert: true },
  );
  const { live, rebuild } = await readIndex(db);
  await Promise.all([live, ...(rebuild ? [rebuild.generation] : [])].map((one) => ensureGeneration(db, one)));
}

export async function readIndex(db: Db): Promise<IndexDoc> {
  return (await indexes(db).findOne({ _id: INDEX_ID }, { maxTimeMS: MAX_TIME_MS })) as IndexDoc;
}

export const indexIn = async (tx: Tx<"search">): Promise<IndexDoc> =>
  (await tx.collection<IndexDoc>(INDEX).findOne({ _id: INDEX_ID })) as IndexDoc;

export const saveIndex = (tx: Tx<"search">, change: Partial<Omit<IndexDoc, "_id">>) =>
  tx.collection<IndexDoc>(INDEX).updateOne({ _id: INDEX_ID }, { $set: change });
