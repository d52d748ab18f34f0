import { isAppError } from "../../../mixins/kit/app-error-regenerator.ts";
import type { ResultOf } from "../../../mixins/kit/contracts.ts";
import { type Call, implement, type Logger } from "../../../mixins/kit/implement.ts";
import { AiAnswerError, AiAwayError } from "../errors.ts";
import { localProvider } from "../local/provider.ts";
import type { AiProvider, Answer, Question } from "../provider.ts";
import { namesFrom } from "../threads.ts";

type Passage = ResultOf<"search.passages">["items"][number];

const MAX_PASSAGES = 8;

/** From what the asker may see, and from nothing else: the provider gets no more than that to read. */
export const ask = (ai: AiProvider) =>
  implement("ai.ask", async ({ params: { buildingId, question }, actor, call, logger }) => {
    const { asked, items } = await call("search.passages", { buildingId, question, limit: MAX_PASSAGES });
    // Who asks, and who wrote: their names may be in the texts.
    const names = () => namesFrom(call)([actor.userId, ...items.map(({ ownerId }) => ownerId)]);
    const found = items.length > 0 ? await answered(ai, { question, asked, passages: items }, names, logger) : null;
    const { provider, model } = found?.by ?? ai;
    if (!found?.answer) return { found: false, answer: await notFound(call, buildingId), sources: [], provider, model };
    const sources = found.answer.sources.map((index) => sourceOf(items[index] as Passage));
    return { found: true, answer: found.answer.text, sources, provider, model };
  });

/** A provider that is away, or talks nonsense, is stood in for: somebody waits for the answer. */
async function answered(
  ai: AiProvider,
  question: Question,
  names: () => Promise<readonly string[]>,
  logger: Logger,
): Promise<{ answer: Answer | null; by: AiProvider }> {
  try {
    return { answer: await ai.answer(question, { names }), by: ai };
  } catch (error) {
    if (!(error instanceof AiAwayError || error instanceof AiAnswerError)) throw error;
    logger.warn(`ai: a question is answered without ${ai.provider} (${error.code})`);
    return { answer: await localProvider.answer(question, { names }), by: localProvider };
  }
}

const sourceOf = ({ type, id, title, snippet }: Passage) => ({ type, id, title, snippet });

async function notFound(call: Call, buildingId: string): Promise<string> {
  return `I did not find it in what you may see of ${await nameOf(call, buildingId)}. Ask the building's management, or open a ticket.`;
}

async function nameOf(call: Call, buildingId: string): Promise<string> {
  try {
    return (await call("residency.getBuilding", { id: buildingId })).name;
  } catch (error) {
    // Who waits for the verification does not see the building itself.
    if (isAppError(error)) return "this building";
    throw error;
  }
}
