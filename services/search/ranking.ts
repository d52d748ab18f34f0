/** Which words a query is widened to, and what a hit is worth. Pure. */

import { editsIn, typosBetween } from "../../mixins/kit/words.ts";
import type { SearchDoc } from "./model.ts";

/** For one word of a query: every word that counts as it, and how much (0 to 1). */
export interface Widened {
  word: string;
  terms: ReadonlyMap<string, number>;
}

const EXACT = 1;
const STEM = 0.9;
const BEGINNING = 0.7;
const IN_TITLE = 1.3;
/** By the number of errors. */
const TYPO: readonly number[] = [1, 0.5, 0.3];

/** @param stems words with the same stem @param beginnings words that begin with it */
export function strongTerms(word: string, stems: readonly string[], beginnings: readonly string[]): Widened {
  const terms = new Map<string, number>();
  for (const term of beginnings) terms.set(term, BEGINNING);
  for (const term of stems) terms.set(term, STEM);
  return { word, terms: terms.set(word, EXACT) };
}

/** With the words that it may have been meant to be. A word that is still being typed is compared as a beginning, too. */
export function withTypos({ word, terms }: Widened, candidates: readonly string[]): Widened {
  const limit = editsIn(word);
  const wider = new Map(terms);
  for (const candidate of candidates) {
    const whole = typosBetween(word, candidate, limit);
    const begun = candidate.length > word.length ? typosBetween(word, candidate.slice(0, word.length), limit) : whole;
    const worth = Math.max(TYPO[whole] ?? 0, (TYPO[begun] ?? 0) * BEGINNING);
    if (Math.min(whole, begun) <= limit && !wider.has(candidate)) wider.set(candidate, worth);
  }
  return { word, terms: wider };
}

export interface Ranked<D> {
  doc: D;
  /** 0 to 1. */
  score: number;
  /** For each word of the query that it has: its own words that count as it. */
  matches: { asked: string; words: string[] }[];
}
export const matchedIn = (matches: Ranked<unknown>["matches"]): string[] => matches.flatMap(({ words }) => words);

/** What is looked at of a document. */
export type Rankable = Pick<SearchDoc, "_id" | "words" | "titleWords" | "at">;

/** 0 to 1: the share of the query's words that it has, each by how well; one in the title counts more: it is what people remember. */
export function rank<D extends Rankable>(doc: D, query: readonly Widened[]): Ranked<D> {
  const inTitle = new Set(doc.titleWords);
  const matches: Ranked<D>["matches"] = [];
  let sum = 0;
  for (const { word: asked, terms } of query) {
    let best = 0;
    const words: string[] = [];
    for (const word of doc.words) {
      const worth = (terms.get(word) ?? 0) * (inTitle.has(word) ? IN_TITLE : 1);
      if (worth > 0) words.push(word);
      best = Math.max(best, worth);
    }
    if (words.length > 0) matches.push({ asked, words });
    sum += best;
  }
  return { doc, score: Math.round((sum / (IN_TITLE * Math.max(1, query.length))) * 1000) / 1000, matches };
}

export interface Place {
  score: number;
  at: number;
  id: string;
}
export const placeOf = ({ score, doc }: Ranked<Rankable>): Place => ({ score, at: doc.at.getTime(), id: doc._id });

/** Best first, then newest: the same whenever it is asked for, so that a cursor names a place in it. */
export const before = (a: Place, b: Place): number => b.score - a.score || b.at - a.at || (a.id < b.id ? -1 : 1);
