import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { dropSummaries, THREADS, type ThreadDoc } from "../repository.ts";

/** Of a text that was taken away nothing is left, also not in other words; nor while it is hidden. */
export const onPostStatusChanged = onEvent("post.status_changed", async ({ payload }, tx: Tx<"ai">) => {
  if (payload.to === "visible") return;
  await dropSummaries(tx, { type: "post", id: payload.postId });
  if (payload.to !== "removed") return;
  await tx.collection<ThreadDoc>(THREADS).deleteOne({ _id: payload.postId });
});
