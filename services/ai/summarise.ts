/** Summaries of conversations: of a long one by itself, of any when somebody asks. */
import type { JobKind } from "../../mixins/jobs/job.ts";
import type { Call } from "../../mixins/kit/implement.ts";
import { retryAfter } from "./analyse.ts";
import { inputHashOf, partsOf, type ResultDoc, resultDoc, type Thread, threadHashOf } from "./model.ts";
import type { AiProvider } from "./provider.ts";
import { insertOnce, publishSummary } from "./repository.ts";
import { type NamesOf, threadOf } from "./threads.ts";

export const SUMMARISE = "summarise";
export interface LongThread {
  postId: string;
}

/** Asks the provider. @returns null for what is short enough as it is */
export async function summaryOf(
  ai: AiProvider,
  namesOf: NamesOf,
  thread: Thread,
  now: Date,
): Promise<ResultDoc | null> {
  const summary = await ai.summarise(partsOf(thread), { names: () => namesOf(thread.people) });
  if (!summary) return null;
  const made = { provider: ai.provider, model: ai.model, inputHash: inputHashOf(thread) };
  return resultDoc(
    thread,
    "summary",
    { summary: summary.text, sources: summary.sources },
    made,
    now,
    threadHashOf(thread),
  );
}

/** By itself. The text is read when it is summed up: what was removed until then is not in it. */
export const summariseJob = (ai: AiProvider, namesOf: NamesOf, call: Call): JobKind<"ai", LongThread> => ({
  kind: SUMMARISE,
  async run({ data, dueAt }) {
    const thread = await threadOf(call, "post", data.postId);
    const doc = thread && (await summaryOf(ai, namesOf, thread, dueAt));
    return async (tx) => {
      if (!doc) return;
      for (const fresh of await insertOnce(tx, [{ ...doc, createdAt: tx.now }])) publishSummary(tx, fresh);
    };
  },
  retryAfter,
  // Nobody waits for it; the next ten comments bring the next one.
  giveUp: () => async () => {},
});
