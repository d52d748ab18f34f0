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
  const generation = (await readIndex(search.db)).live;
  const strong = await widened(search, generation, askedWords(query));
  const found = new Map<string, Found>();
  const add = (docs: readonly Found[]): void => {
    for (const doc of docs) found.set(doc._id, doc);
  };
  add(await withAll(search, generation, strong));
  if (found.size >= ENOUGH) return ranked([...found.values()], strong);
  const wide = await misspelt(search, generation, strong);
  add(await withAll(search, generation, wide));
  if (found.size === 0) add(await withAny(search, generation, wide));
  return ranked([...found.values()], wide);
}

/** Documents with some of the words: for questions, of which no text has all. Best first. */
export async function findAbout(search: Search, question: string): Promise<Ranked<Found>[]> {
  const generation = (await readIndex(search.db)).live;
  const wide = await misspelt(search, generation, await widened(search, generation, askedWords(question)));
  return ranked(await withAny(search, generation, wide), wide);
}

const ranked = (found: readonly Found[], query: readonly Widened[]): Ranked<Found>[] =>
  found.map((doc) => rank(doc, query)).sort((a, b) => before(placeOf(a), placeOf(b)));

/** The words, their other forms and what begins with them. */
function widened({ db, allowed, languages }: Search, generation: number, words: readonly string[]): Promise<Widened[]> {
  const vocabulary = vocabularyOf(db, generation);
  const { vocabularies } = allowed;
  return Promise.all(
    words.map(async (word) => {
      const [stems, beginnings] = await Promise.all([
        sameStem(vocabulary, vocabularies, word, languages),
        word.length > 1 ? beginningsOf(vocabulary, vocabularies, word) : [],
      ]);
      return strongTerms(word, stems, beginnings);
    }),
  );
}

/** Also what they may be misspelt from. */
function misspelt({ db, allowed }: Search, generation: number, query: readonly Widened[]): Promise<Widened[]> {
  const vocabulary = vocabularyOf(db, generation);
  return Promise.all(
    query.map(async (one) =>
      one.word.length > 3 ? withTypos(one, await alike(vocabulary, allowed.vocabularies, one.word)) : one,
    ),
  );
}

/**
 * MongoDB reads so many ranges of an index side by side in the order of the sort; of more it reads all and sorts
 * (`internalQueryMaxScansToExplode`).
 */
const MAX_RANGES = 200;

/** The best ones. */
const anyOf = ({ terms }: Widened): string[] =>
  [...terms]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_RANGES)
    .map(([term]) => term);

/** Of a filter by several. */
const shelvesOf = ({ shelf }: Filter<SearchDoc>) => (shelf as { $in?: string[] } | undefined)?.$in;

/** The parts of what the caller may find, none with more shelves than can be read in order for so many terms. */
const portionsOf = ({ filters }: Allowed, terms: number): Filter<SearchDoc>[] =>
  filters.flatMap((filter): Filter<SearchDoc>[] => {
    const shelves = shelvesOf(filter);
    if (!shelves) return [filter];
    const size = Math.max(1, Math.floor(MAX_RANGES / terms));
    return Array.from({ length: Math.ceil(shelves.length / size) }, (_, index) => ({
      ...filter,
      shelf: { $in: shelves.slice(index * size, (index + 1) * size) },
    }));
  });

/** The rarest word is looked up, the others are checked. */
async function withAll(search: Search, generation: number, query: readonly Widened[]): Promise<Found[]> {
  const [first, ...others] = await rarestFirst(search, generation, query);
  if (!first) return [];
  // Denied twice, so that the index is asked for the rarest word and for no other.
  const without = others.map((one) => ({ words: { $nin: anyOf(one) } }));
  return lookUp(search, generation, first, without.length > 0 ? { $nor: without } : {}, MAX_CANDIDATES);
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
  const terms = anyOf(word);
  const found = await Promise.all(
    portionsOf(allowed, terms.length).map((filter) =>
      documents
        .find(
          { $and: [filter, { words: { $in: terms } }, where, also] },
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
const isOnShelves = (filter: Filter<SearchDoc>): boolean =>
  typeof filter.shelf === "string" || shelvesOf(filter) !== undefined;

/** The rarer a word is, the longer ago its so manieth newest document was made. */
const SAMPLE = 200;

/** By a look at the index for each, as short for common words as for rare ones. */
async function rarestFirst({ db, allowed }: Search, generation: number, query: readonly Widened[]): Promise<Widened[]> {
  if (query.length < 2) return [...query];
  const documents = documentsOf(db, generation);
  const sampled = (terms: readonly string[], filter: Filter<SearchDoc>) =>
    documents
      .find(
        { $and: [filter, { words: { $in: terms } }] },
        { projection: { _id: 0, at: 1 }, hint: hintOf(filter), maxTimeMS: MAX_TIME_MS },
      )
      .sort({ at: -1 })
      .skip(SAMPLE)
      .limit(1)
      .next();
  const samples = await Promise.all(
    query.map(async (one) => {
      const terms = anyOf(one);
      const portions = portionsOf(allowed, terms.length);
      const found = await Promise.all(portions.map((filter) => sampled(terms, filter)));
      return { one, newest: Math.max(...found.map((doc) => doc?.at.getTime() ?? 0)) };
    }),
  );
  return samples.sort((a, b) => a.newest - b.newest).map(({ one }) => one);
}
