/** Finding: the query's words are widened by the vocabulary, then looked up with the permission filter inside of the query. */
import type { Db, Filter } from "mongodb";
import { askedWords } from "../../mixins/kit/words.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Allowed } from "./access.ts";
import { BY_OWNER, BY_SHELF, BY_WORD, documentsOf, readIndex, vocabularyOf } from "./generation.ts";
import type { SearchDoc } from "./model.ts";
import { before, placeOf, type Ranked, rank, strongTerms, type Widened, withTypos } from "./ranking.ts";
import type { Languages } from "./repository.ts";
import { alike, beginningsOf, sameStem } from "./vocabulary.ts";

/** More than anyone pages through: of commoner words the newest so many are ranked. */
export const MAX_CANDIDATES = 500;
/** With fewer hits than this for the words as they are, typing errors are looked for. */
const ENOUGH = 20;
/** Of a question, each word brings so many. */
const PER_WORD = 100;

export type Found = Omit<SearchDoc, "readers">;
const PROJECTION = { readers: 0 } as const;

export interface Search {
  db: Db;
  allowed: Allowed;
  languages: Languages;
  /** Further conditions. */
  where?: Filter<SearchDoc>;
}

/** Documents with all the words; where there are none, with some of them. Best first. */
export async function find(search: Search, query: string): Promise<Ranked<Found>[]> {
  const { strong, wide } = await widen(search, askedWords(query));
  const generation = (await readIndex(search.db)).live;
  const found = new Map<string, Found>();
  const add = (docs: readonly Found[]): void => {
    for (const doc of docs) found.set(doc._id, doc);
  };
  add(await withAll(search, generation, strong));
  if (found.size < ENOUGH) add(await withAll(search, generation, wide));
  if (found.size === 0) add(await withAny(search, generation, wide));
  return ranked([...found.values()], wide);
}

/** Documents with some of the words: for questions, of which no text has all. Best first. */
export async function findAbout(search: Search, question: string): Promise<Ranked<Found>[]> {
  const { wide } = await widen(search, askedWords(question));
  const generation = (await readIndex(search.db)).live;
  return ranked(await withAny(search, generation, wide), wide);
}

const ranked = (found: readonly Found[], query: readonly Widened[]): Ranked<Found>[] =>
  found.map((doc) => rank(doc, query)).sort((a, b) => before(placeOf(a), placeOf(b)));

/** `strong`: the words, their other forms and what begins with them. `wide`: also what they may be misspelt from. */
async function widen({ db, allowed, languages }: Search, words: readonly string[]) {
  const vocabulary = vocabularyOf(db, (await readIndex(db)).live);
  const { vocabularies } = allowed;
  const widened = await Promise.all(
    words.map(async (word) => {
      const [stems, beginnings, typos] = await Promise.all([
        sameStem(vocabulary, vocabularies, word, languages),
        word.length > 1 ? beginningsOf(vocabulary, vocabularies, word) : [],
        word.length > 3 ? alike(vocabulary, vocabularies, word) : [],
      ]);
      const strong = strongTerms(word, stems, beginnings);
      return { strong, wide: withTypos(strong, typos) };
    }),
  );
  return { strong: widened.map(({ strong }) => strong), wide: widened.map(({ wide }) => wide) };
}

const anyOf = ({ terms }: Widened): string[] => [...terms.keys()];

/** The rarest word is looked up, the others are checked. */
async function withAll(search: Search, generation: number, query: readonly Widened[]): Promise<Found[]> {
  const [first, ...others] = await rarestFirst(search, generation, query);
  if (!first) return [];
  // As an expression, so that the index is asked for the rarest word and for no other.
  const also = others.map((one) => ({ $gt: [{ $size: { $setIntersection: ["$words", anyOf(one)] } }, 0] }));
  return lookUp(search, generation, first, also.length > 0 ? { $expr: { $and: also } } : {}, MAX_CANDIDATES);
}

async function withAny(search: Search, generation: number, query: readonly Widened[]): Promise<Found[]> {
  const limit = query.length === 1 ? MAX_CANDIDATES : PER_WORD;
  const found = await Promise.all(query.map((one) => lookUp(search, generation, one, {}, limit)));
  return [...new Map(found.flat().map((doc) => [doc._id, doc])).values()];
}

async function lookUp(
  { db, allowed, where = {} }: Search,
  generation: number,
  word: Widened,
  also: Filter<SearchDoc>,
  limit: number,
): Promise<Found[]> {
  const documents = documentsOf(db, generation);
  const found = await Promise.all(
    allowed.filters.map((filter) =>
      documents
        .find(
          { $and: [filter, { words: { $in: anyOf(word) } }, where, also] },
          { projection: PROJECTION, hint: hintOf(filter), maxTimeMS: MAX_TIME_MS },
        )
        .sort({ at: -1 })
        .limit(limit)
        .toArray(),
    ),
  );
  // A document on a shelf of the caller's may be their own, too.
  return [...new Map(found.flat().map((doc) => [doc._id, doc as Found])).values()];
}

const hintOf = (filter: Filter<SearchDoc>) =>
  filter.ownerId !== undefined ? BY_OWNER : isOnShelves(filter) ? BY_SHELF : BY_WORD;
const isOnShelves = ({ shelf }: Filter<SearchDoc>): boolean =>
  typeof shelf === "string" || Array.isArray((shelf as { $in?: unknown } | undefined)?.$in);

/** Words as common as this are not told apart. */
const COUNTED = 1_000;

async function rarestFirst({ db, allowed }: Search, generation: number, query: readonly Widened[]): Promise<Widened[]> {
  if (query.length < 2) return [...query];
  const documents = documentsOf(db, generation);
  const counts = await Promise.all(
    query.map(async (one) => {
      const counted = allowed.filters.map((filter) =>
        documents.countDocuments(
          { $and: [filter, { words: { $in: anyOf(one) } }] },
          { limit: COUNTED, hint: hintOf(filter), maxTimeMS: MAX_TIME_MS },
        ),
      );
      return { one, count: (await Promise.all(counted)).reduce((sum, count) => sum + count, 0) };
    }),
  );
  return counts.sort((a, b) => a.count - b.count).map(({ one }) => one);
}
