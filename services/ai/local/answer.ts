/**
 * Extractive answers: sentences of the passages, word by word, when a passage is about the question: it has more than
 * half of the words that the question asks for. Nothing is made up, and what a text says to a machine is only quoted. Pure.
 */
import { wordsOf } from "../../../mixins/kit/words.ts";
import type { Answer, Passage, Question } from "../provider.ts";
import { sentencesOf } from "./sentences.ts";

const MAX_SENTENCES = 2;
const MAX_LENGTH = 600;

export function answer({ question, asked, passages }: Question): Answer | null {
  const wantsTime = /\b(when|what time|how long|since|until|wann|ab wann|bis wann)\b|коли/i.test(question);
  const candidates = passages.flatMap((passage, index) => {
    const has = passage.matches.length;
    return has * 2 > asked.length ? [{ index, has, ...bestSentence(passage, wantsTime) }] : [];
  });
  const best = candidates.sort((a, b) => b.has - a.has || b.weight - a.weight || a.index - b.index)[0];
  if (!best) return null;
  return { text: best.text.slice(0, MAX_LENGTH), sources: [best.index] };
}

/** The sentence with most of the asked words, and the next one where the first tells no time that is asked for. */
function bestSentence({ title, text, matches }: Passage, wantsTime: boolean): { text: string; weight: number } {
  const sentences = sentencesOf(text);
  const weighted = sentences.map((sentence, index) => {
    const own = new Set(wordsOf(sentence));
    const hits = matches.filter(({ words }) => words.some((word) => own.has(word))).length;
    return { index, sentence, weight: hits + (wantsTime && TIME.test(sentence) ? 0.5 : 0) };
  });
  const best = weighted.sort((a, b) => b.weight - a.weight || a.index - b.index)[0];
  // Only the title is about it: what follows is what it says.
  if (!best || best.weight < 1) return { text: [title, ...sentences.slice(0, MAX_SENTENCES)].join(": "), weight: 0 };
  const next = sentences[best.index + 1];
  const more = wantsTime && !TIME.test(best.sentence) && next && TIME.test(next) ? ` ${next}` : "";
  return { text: best.sentence + more, weight: best.weight };
}

const TIME =
  /\d|monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|понеділ|вівтор|серед|четвер|п.ятниц|субот|неділ/i;
