import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { type Call, implement } from "../../../mixins/kit/implement.ts";
import { NothingToSummariseError } from "../errors.ts";
import { resultIdOf, type Thread, threadHashOf, viewResult } from "../model.ts";
import type { AiProvider } from "../provider.ts";
import { insertOnce, publishSummary, results } from "../repository.ts";
import { summaryOf } from "../summarise.ts";
import { namesFrom, threadOf } from "../threads.ts";

/** At once: what was summed up already is shown again, the provider is asked outside of the transaction. */
export const createSummary = (ai: AiProvider) =>
  implement("ai.createSummary", async ({ params: { type, id }, store, call, now }) => {
    const thread = await visibleThread(call, type, id);
    const known = await results(store.db).findOne({ _id: resultIdOf(thread, "summary", threadHashOf(thread)) });
    const doc = known ?? (await summaryOf(ai, namesFrom(call), thread, now));
    if (!doc) throw new NothingToSummariseError();
    return store.inTransaction(async (tx) => {
      for (const fresh of await insertOnce(tx, [doc])) publishSummary(tx, fresh);
      return viewResult(doc);
    });
  });

/** The owner decides who may read it. @throws NotFoundError */
async function visibleThread(call: Call, type: "post" | "ticket", id: string): Promise<Thread> {
  await (type === "post" ? call("community.getPost", { id }) : call("tickets.get", { id }));
  const thread = await threadOf(call, type, id);
  if (!thread) throw new NotFoundError(type === "post" ? "The post" : "The ticket");
  return thread;
}
