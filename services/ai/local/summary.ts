/** Extractive summary: the sentences that hold most of the words that matter, in their own order. Pure. */
import type { Part, Summary } from "../provider.ts";
import { longWordsOf, sentencesOf } from "./sentences.ts";

const SHORT = 400;
const SENTENCES = 3;
const MAX_LENGTH = 600;

/** null for what is short enough as it is. */
export function summarise(parts: readonly Part[]): Summary | null {
  if (parts.reduce((sum, { text }) => sum + text.length, 0) <= SHORT) return null;
  const sentences = parts.flatMap(({ source, text }, part) =>
    sentencesOf(text).map((sentence) => ({ source, sentence, part, words: longWordsOf(sentence) })),
  );
  const counts = new Map<string, number>();
  // What the first part is about is what the rest is about.
  for (const { words, part } of sentences)
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + (part === 0 ? 3 : 1));
  const ranked = sentences
    .map((one, index) => ({ ...one, index, weight: weightOf(one.words, counts) }))
    .sort((a, b) => b.weight - a.weight || a.index - b.index);
  const chosen: typeof ranked = [];
  for (const one of ranked)
    if (chosen.length < SENTENCES && !chosen.some((other) => saysTheSame(one.words, other.words))) chosen.push(one);
  return textOf(chosen.sort((a, b) => a.index - b.index));
}

const weightOf = (words: readonly string[], counts: ReadonlyMap<string, number>): number =>
  words.reduce((sum, word) => sum + (counts.get(word) ?? 0), 0) / Math.max(8, words.length);

const saysTheSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.filter((word) => b.includes(word)).length >= 0.6 * Math.min(a.length, b.length);

/** As many whole sentences as there is room for; of the first one at least its beginning. */
function textOf(chosen: readonly Omit<Part & { sentence: string }, "text">[]): Summary | null {
  const [first] = chosen;
  if (!first) return null;
  let text = first.sentence.slice(0, MAX_LENGTH);
  const sources = [first.source];
  for (const { sentence, source } of chosen.slice(1)) {
    if (text.length + 1 + sentence.length > MAX_LENGTH) break;
    text += ` ${sentence}`;
    if (!sources.some(({ type, id }) => type === source.type && id === source.id)) sources.push(source);
  }
  return { text, sources };
}
