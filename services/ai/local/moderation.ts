/** Word lists with de-obfuscation (look-alike letters, leet speak, doubled letters) by the library obscenity. */
import { DataSet, englishDataset, englishRecommendedTransformers, parseRawPattern, RegExpMatcher } from "obscenity";
import type { Moderation } from "../provider.ts";

/** What the library's list of profanities does not cover. `|` is a word's edge. */
const THREATS = ["i will kill you", "i will hurt you", "kill yourself", "|kys|", "burn your house", "beat you up"];

const threats = new DataSet<{ originalWord: string }>();
for (const phrase of THREATS)
  threats.addPhrase((built) => built.setMetadata({ originalWord: phrase }).addPattern(parseRawPattern(phrase)));

const MATCHERS: Readonly<Record<string, RegExpMatcher>> = {
  profanity: new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers }),
  threat: new RegExpMatcher({ ...threats.build(), ...englishRecommendedTransformers }),
};

/** Score of 1, 2, 3 ... hits. */
const scoreOf = (hits: number): number => (hits === 0 ? 0 : Math.min(1, 0.5 + 0.2 * hits));
const FLAGGED_FROM = 0.5;

export function moderate(text: string): Moderation {
  const scores = Object.fromEntries(
    Object.entries(MATCHERS).map(([category, matcher]) => [category, scoreOf(matcher.getAllMatches(text).length)]),
  );
  const categories = Object.keys(scores).filter((category) => (scores[category] ?? 0) >= FLAGGED_FROM);
  return { flagged: categories.length > 0, categories, scores };
}
