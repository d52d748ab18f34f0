/**
 * The words of each building's documents, each once. Queries are widened here, where there are thousands of words
 * instead of a hundred thousand documents: to the same stem by MongoDB's text index, which knows languages; to words
 * that begin so by the key; to words that differ by a typing error by trigrams. Words that no document has any longer
 * widen to nothing; a rebuild drops them.
 */
import type { Collection } from "mongodb";
import { gramsOfWord, sharedAtLeast } from "../../mixins/kit/words.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { EVERYWHERE } from "./access.ts";

export interface WordDoc {
  /** `{building}|{word}`; the building is `*` for the words of all. */
  _id: string;
  building: string;
  word: string;
  grams: string[];
  /** The text index stems each by its own language. */
  forms: { language: string; word: string }[];
}

export async function ensureVocabularyIndexes(words: Collection<WordDoc>): Promise<void> {
  await words.createIndexes([
    { key: { "forms.word": "text" }, default_language: "none", language_override: "language" },
    { key: { building: 1, grams: 1 } },
  ]);
}

const keyOf = (building: string, word: string): string => `${building}|${word}`;

/** Adds what is missing. A word that is there is only read, so that transactions do not meet over the common ones. */
export async function addWords(
  tx: Tx<"search">,
  name: string,
  docs: readonly { buildingId: string; words: readonly string[] }[],
  languages: readonly string[],
): Promise<void> {
  const collection = tx.collection<WordDoc>(name);
  const wanted = new Map(
    docs.flatMap(({ buildingId, words }) =>
      [buildingId, EVERYWHERE].flatMap((where) => words.map((word) => [keyOf(where, word), { where, word }] as const)),
    ),
  );
  for (const known of await collection.idsAmong([...wanted.keys()])) wanted.delete(known);
  if (wanted.size === 0) return;
  await collection.insertMany([...wanted.values()].map(({ where, word }) => wordDoc(where, word, languages)));
}

export const wordDoc = (building: string, word: string, languages: readonly string[]): WordDoc => ({
  _id: keyOf(building, word),
  building,
  word,
  grams: gramsOfWord(word),
  forms: languages.map((language) => ({ language, word })),
});

const MAX_STEMS = 200;
const MAX_BEGINNINGS = 100;
const MAX_TYPOS = 200;
const OPTIONS = { projection: { _id: 0, word: 1 }, maxTimeMS: MAX_TIME_MS };
const asWords = (found: readonly Pick<WordDoc, "word">[]): string[] => found.map(({ word }) => word);

/** One language at a time: a text query has one. */
export async function sameStem(
  words: Collection<WordDoc>,
  buildings: readonly string[],
  word: string,
  languages: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(
    languages.map(($language) =>
      words
        .find({ $text: { $search: word, $language }, building: { $in: [...buildings] } }, OPTIONS)
        .limit(MAX_STEMS)
        .toArray(),
    ),
  );
  return asWords(found.flat());
}

/** The shortest first. */
export async function beginningsOf(
  words: Collection<WordDoc>,
  buildings: readonly string[],
  start: string,
): Promise<string[]> {
  const found = await Promise.all(
    buildings.map((building) =>
      words
        .find({ _id: { $gte: keyOf(building, start), $lt: `${keyOf(building, start)}\uffff` } }, OPTIONS)
        .limit(MAX_BEGINNINGS)
        .toArray(),
    ),
  );
  return asWords(found.flat());
}

/** Words with trigrams enough in common; how many letters really differ is counted afterwards. */
export async function alike(words: Collection<WordDoc>, buildings: readonly string[], word: string): Promise<string[]> {
  const grams = gramsOfWord(word);
  const shared = { $size: { $setIntersection: ["$grams", grams] } };
  const found = await words
    .aggregate<Pick<WordDoc, "word">>(
      [
        { $match: { building: { $in: [...buildings] }, grams: { $in: grams } } },
        { $set: { shared } },
        { $match: { shared: { $gte: sharedAtLeast(word) } } },
        { $sort: { shared: -1, _id: 1 } },
        { $limit: MAX_TYPOS },
        { $project: { _id: 0, word: 1 } },
      ],
      { maxTimeMS: MAX_TIME_MS },
    )
    .toArray();
  return asWords(found);
}
