/** The port to whatever judges texts. Results name who made them. Texts are data, never an instruction. */
import type { Subject } from "./model.ts";

export interface Moderation {
  flagged: boolean;
  categories: string[];
  /** 0 to 1 by category. */
  scores: Record<string, number>;
}
export interface Triage {
  category: string;
  priority: string;
  confidence: number;
  because: string[];
}
/** A piece of a thread. */
export interface Part {
  source: Subject;
  text: string;
}
export interface Summary {
  text: string;
  /** The parts that it rests on; at least one. */
  sources: Subject[];
}
/** A text that the asker may see. */
export interface Passage {
  title: string;
  text: string;
  /** For each word of the question that it has: the words of the text that count as it. */
  matches: { asked: string; words: string[] }[];
}
export interface Question {
  question: string;
  /** Its words that tell what it is about. */
  asked: readonly string[];
  passages: readonly Passage[];
}
export interface Answer {
  text: string;
  /** Positions of the passages that it rests on; at least one. */
  sources: number[];
}

/** What a provider outside of the house is told about a text, so that it can be kept from it. */
export interface Known {
  /** Names of people that may be in the text. Asked for only by who needs them. */
  names: () => Promise<readonly string[]>;
}

/** Each may throw AiAwayError (the work waits, nothing is lost) or AiAnswerError (what came back is no answer). */
export interface AiProvider {
  readonly provider: string;
  readonly model: string;
  moderate(text: string, known: Known): Promise<Moderation>;
  triage(text: string, known: Known): Promise<Triage>;
  /** null: short enough as it is. */
  summarise(parts: readonly Part[], known: Known): Promise<Summary | null>;
  /** null: the passages do not say it. */
  answer(question: Question, known: Known): Promise<Answer | null>;
}
