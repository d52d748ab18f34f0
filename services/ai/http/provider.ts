/** The provider outside of the house. What it says is checked against what it was given: it advises, and is not believed. */
import Type from "typebox";
import { wordsOf } from "../../../mixins/kit/words.ts";
import { CategorySchema, PrioritySchema } from "../../tickets/contract.ts";
import { AiAnswerError } from "../errors.ts";
import { moderate as moderateHere, verdictOf } from "../local/moderation.ts";
import type { AiProvider, Known } from "../provider.ts";
import type { Chat } from "./chat.ts";
import { type Mask, maskOf } from "./masking.ts";
import { RULES } from "./rules.ts";

const Score = Type.Number({ minimum: 0, maximum: 1 });
const ModerationSchema = Type.Object({
  scores: Type.Object({
    profanity: Score,
    threat: Score,
    harassment: Score,
    hate: Score,
    sexual: Score,
    violence: Score,
    spam: Score,
  }),
});
const TriageSchema = Type.Object({
  category: CategorySchema,
  priority: PrioritySchema,
  confidence: Score,
  because: Type.Array(Type.String({ maxLength: 60 }), { maxItems: 10 }),
});
const Positions = Type.Array(Type.Integer({ minimum: 1 }), { maxItems: 100 });
const SummarySchema = Type.Object({ summary: Type.String({ minLength: 1, maxLength: 1_200 }), sources: Positions });
const AnswerSchema = Type.Object({
  found: Type.Boolean(),
  answer: Type.String({ maxLength: 2_000 }),
  sources: Positions,
});

/** Texts shorter than this are their own summary. */
const SHORT = 400;

export function httpProvider(chat: Pick<Chat, "ask">, provider: string, model: string): AiProvider {
  const masked = async (known: Known): Promise<Mask> => maskOf(await known.names());
  return {
    provider,
    model,
    async moderate(text, known) {
      const mask = await masked(known);
      const { scores } = await chat.ask({
        ...{ rules: RULES.moderation, data: { text: mask.hide(text) } },
        ...{ schema: ModerationSchema, maxTokens: 200 },
      });
      // A text can't talk itself out of what is plainly in it.
      const here = moderateHere(text).scores;
      const both = [...new Set([...Object.keys(scores), ...Object.keys(here)])];
      const most = (name: string): number => Math.max((scores as Record<string, number>)[name] ?? 0, here[name] ?? 0);
      return verdictOf(Object.fromEntries(both.map((name) => [name, most(name)])));
    },
    async triage(text, known) {
      const mask = await masked(known);
      const data = { text: mask.hide(text) };
      const found = await chat.ask({ rules: RULES.triage, data, schema: TriageSchema, maxTokens: 300 });
      const there = text.toLowerCase();
      const because = found.because.map(mask.show).filter((word) => there.includes(word.toLowerCase()));
      return { ...found, because };
    },
    async summarise(parts, known) {
      if (parts.reduce((sum, { text }) => sum + text.length, 0) <= SHORT) return null;
      const mask = await masked(known);
      const data = { parts: parts.map(({ text }, index) => ({ n: index + 1, text: mask.hide(text) })) };
      const found = await chat.ask({ rules: RULES.summary, data, schema: SummarySchema, maxTokens: 500 });
      const sources = chosen(parts, found.sources).map(({ source }) => source);
      const text = grounded(
        mask.show(found.summary),
        parts.map((part) => part.text),
      );
      return { text, sources };
    },
    async answer({ question, passages }, known) {
      if (passages.length === 0) return null;
      const mask = await masked(known);
      const sources = passages.map(({ title, text }, index) => ({
        ...{ n: index + 1, title: mask.hide(title), text: mask.hide(text) },
      }));
      const data = { question: mask.hide(question), sources };
      const found = await chat.ask({ rules: RULES.answer, data, schema: AnswerSchema, maxTokens: 600 });
      if (!found.found || found.answer.trim() === "" || found.sources.length === 0) return null;
      const used = chosen(passages, found.sources);
      const text = grounded(
        mask.show(found.answer),
        used.flatMap(({ title, text: body }) => [title, body]),
      );
      return { text, sources: used.map((passage) => passages.indexOf(passage)) };
    },
  };
}

/** @throws AiAnswerError for a source that was not given, and for none */
function chosen<T>(given: readonly T[], positions: readonly number[]): T[] {
  const found = [...new Set(positions)].map((position) => given[position - 1]);
  if (found.length === 0 || found.some((one) => one === undefined))
    throw new AiAnswerError("it names sources that are none");
  return found as T[];
}

const REFERENCES = /https?:\/\/[^\s)\]}>"']+|www\.[^\s)\]}>"']+|[\w.+-]+@[\w-]+\.[\w.]+|\+?\d[\d\s()/-]{6,}\d/giu;
const bare = (text: string): string => text.toLowerCase().replace(/[\s()/-]/g, "");

/** Links, addresses and numbers to call have to be in the texts; and something of what it says, too. @throws AiAnswerError */
function grounded(text: string, texts: readonly string[]): string {
  const there = bare(texts.join("\n"));
  const strange = (text.match(REFERENCES) ?? []).filter((reference) => !there.includes(bare(reference)));
  if (strange.length > 0) throw new AiAnswerError("it names an address that is in no source");
  const words = new Set(texts.flatMap((one) => wordsOf(one)));
  if (!wordsOf(text).some((word) => word.length > 3 && words.has(word)))
    throw new AiAnswerError("it is not from the sources");
  return text.trim();
}
