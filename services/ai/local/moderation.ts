/**
 * Word lists with de-obfuscation. English by the library obscenity (look-alike letters, leet speak, doubled letters);
 * what it has no list for, German and Ukrainian, by lists of our own. Pure.
 */
import { DataSet, englishDataset, englishRecommendedTransformers, parseRawPattern, RegExpMatcher } from "obscenity";
import type { Moderation } from "../provider.ts";

/** What the library's list of profanities does not cover. `|` is a word's edge. */
const THREATS = ["i will kill you", "i will hurt you", "kill yourself", "|kys|", "burn your house", "beat you up"];

const threats = new DataSet<{ originalWord: string }>();
for (const phrase of THREATS)
  threats.addPhrase((built) => built.setMetadata({ originalWord: phrase }).addPattern(parseRawPattern(phrase)));

const english: Readonly<Record<string, RegExpMatcher>> = {
  profanity: new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers }),
  threat: new RegExpMatcher({ ...threats.build(), ...englishRecommendedTransformers }),
};

/** Compared without marks, leet digits and doubled letters; beginnings of words, so that their endings do not matter. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  profanity: [
    ...["arschloch", "hurensohn", "fotze", "wichser", "schlampe", "missgeburt", "drecksau"],
    ...["хуй", "хуе", "пизд", "бляд", "блят", "їбан", "єбан", "ебан", "мудак", "підарас", "сука"],
  ],
  threat: [
    ...["ich bring dich um", "ich tote dich", "ich schlag dich", "ich mach dich fertig", "ich zund dein"],
    ...["вб ю тебе", "я тебе вб", "спалю твою", "заріжу тебе"],
  ],
};

const LEET: Readonly<Record<string, string>> = { "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "@": "a", $: "s" };

const plain = (text: string): string =>
  text
    .normalize("NFD")
    // The breves of й and ї are letters, not decoration.
    .replace(/(?<![иі])\p{M}/gu, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[01345@$]/g, (sign) => LEET[sign] ?? sign)
    .replace(/[^\p{L}]+/gu, " ")
    .replace(/(\p{L})\1+/gu, "$1");

const others = Object.fromEntries(
  Object.entries(OTHERS).map(([category, words]) => [category, words.map((word) => ` ${plain(word)}`)]),
);

const hitsIn = (category: string, text: string): number => {
  const own = ` ${plain(text)}`;
  const foreign = (others[category] ?? []).filter((word) => own.includes(word)).length;
  return (english[category] as RegExpMatcher).getAllMatches(text).length + foreign;
};

const LINK = /\bhttps?:\/\/|\bwww\./gi;
const LURE =
  /\b(earn|make) (money|cash|\$?\d+)|\bcrypto\b|\bbitcoin\b|\bcasino\b|\bguaranteed (profit|income)|\bclick here\b|\bfree gift\b/gi;

/** One link is a link; several, or one with a lure, are an advertisement. */
function spamIn(text: string): number {
  const [links, lures] = [(text.match(LINK) ?? []).length, (text.match(LURE) ?? []).length];
  return Math.min(1, 0.15 * links + 0.25 * lures + (links > 0 && lures > 0 ? 0.2 : 0));
}

/** Score of 1, 2, 3 ... hits. */
const scoreOf = (hits: number): number => (hits === 0 ? 0 : Math.min(1, 0.5 + 0.2 * hits));
export const FLAGGED_FROM = 0.5;

export function moderate(text: string): Moderation {
  return verdictOf({
    profanity: scoreOf(hitsIn("profanity", text)),
    threat: scoreOf(hitsIn("threat", text)),
    spam: spamIn(text),
  });
}

export function verdictOf(scores: Record<string, number>): Moderation {
  const categories = Object.keys(scores).filter((category) => (scores[category] ?? 0) >= FLAGGED_FROM);
  return { flagged: categories.length > 0, categories, scores };
}
