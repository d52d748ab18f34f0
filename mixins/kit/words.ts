/** How text becomes words, and words trigrams. The same for what is kept, for what is asked, and for what is marked. Pure. */

/** Longer texts are found by their beginning, UTF-16 units. */
export const MAX_INDEXED = 10_000;
/** More of one query are not looked at. */
export const MAX_QUERY_WORDS = 8;

const TOKEN = /[\p{L}\p{N}\p{M}]+/gu;

/** `Müller` -> `muller`: without case, accents and marks. Compatibility forms may fall into several words. */
const plain = (token: string): string[] =>
  [
    ...token
      .normalize("NFKD")
      .toLowerCase()
      .replace(/\p{M}/gu, "")
      .matchAll(/[\p{L}\p{N}]+/gu),
  ].map(([word]) => word);

/** Each once, in their order. */
export const wordsOf = (text: string): string[] => [
  ...new Set([...text.slice(0, MAX_INDEXED).matchAll(TOKEN)].flatMap(([token]) => plain(token))),
];

export interface Token {
  start: number;
  end: number;
  words: string[];
}

/** Where the words are. */
export const tokensOf = (text: string): Token[] =>
  [...text.matchAll(TOKEN)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    words: plain(match[0]),
  }));

/** `leak` -> `^le lea eak`: marked at its beginning, so that the beginning of a word has grams of its own only. */
export function gramsOfWord(word: string): string[] {
  const marked = `^${word}`;
  if (marked.length <= 3) return [marked];
  return [...new Set(Array.from({ length: marked.length - 2 }, (_, index) => marked.slice(index, index + 3)))];
}

/** Typing errors that are forgiven in a word of this length. */
export const editsIn = (word: string): number => (word.length < 4 ? 0 : word.length < 8 ? 1 : 2);

/** Grams that a word with so many errors still has in common with the right one: an error costs three at most. */
export const sharedAtLeast = (word: string): number => Math.max(1, gramsOfWord(word).length - 3 * editsIn(word));

/** Letters wrong, missing, too many, or two swapped: counted up to `limit`, else `limit` + 1. */
export function typosBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (r: number, c: number): number => (r === i ? row[c] : rows[r]?.[c]) ?? 0;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced);
      row.push(swapped ? Math.min(best, at(i - 2, j - 2) + 1) : best);
    }
    if (Math.min(...row) > limit) return limit + 1;
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? limit + 1;
}

/** Words that carry a question's grammar and not its subject; only where something else is left. */
const STOP_WORDS = new Set(
  [
    "a an the of to in on at by for from with and or not is are was were be been am do does did has have had will would",
    "can could should may i me my we us our you your he she it its they them their this that these those there here",
    "what when where which who whom whose why how if then than so as about into any some please",
    "der die das ein eine einen einem einer und oder nicht ist sind war im in am an auf zu zum zur von vom mit fur wer",
    "was wann wo wie warum welche welcher welches ich du er sie es wir ihr mein meine dein den dem des bei aus als",
    "і й та або не в у на з із до від за що як де коли хто чому який яка яке чи є це я ти він вона ми ви вони для про",
  ].flatMap((line) => line.split(" ").flatMap((word) => wordsOf(word))),
);

/** Of a query, in its order, each once. */
export function askedWords(query: string): string[] {
  const words = wordsOf(query);
  const telling = words.filter((word) => !STOP_WORDS.has(word));
  return (telling.length > 0 ? telling : words).slice(0, MAX_QUERY_WORDS);
}
