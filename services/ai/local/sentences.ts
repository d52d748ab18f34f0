/** Texts in sentences and words. Pure. */
import { wordsOf } from "../../../mixins/kit/words.ts";

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** Also a line is a sentence: people leave out full stops. */
export const sentencesOf = (text: string): string[] =>
  text
    .split(/\n+/)
    .flatMap((line) => [...segmenter.segment(line)].map(({ segment }) => segment.trim()))
    .filter((sentence) => sentence !== "");

const MIN_WORD = 4;
export const longWordsOf = (text: string): string[] => wordsOf(text).filter((word) => word.length >= MIN_WORD);
