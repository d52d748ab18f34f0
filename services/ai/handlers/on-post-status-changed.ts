import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { dropSummaries, THREADS, type ThreadDoc } from "../repository.ts";

/** Of a text that was removed nothing is left, also not in other words. */
export const onPostStatusChanged = onEvent("post.status_changed", async ({ payload }, tx: Tx<"ai">) => {
  if (payload.to !== "removed") return;
  await dropSummaries(tx, { type: "post", id: payload.postId });
  await tx.collection<ThreadDoc>(THREADS).deleteOne({ _id: payload.postId });
});
