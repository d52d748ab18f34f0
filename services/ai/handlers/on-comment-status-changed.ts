import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { dropSummaries } from "../repository.ts";

/** What was taken out of a conversation is not told in its summary either. */
export const onCommentStatusChanged = onEvent("comment.status_changed", async ({ payload }, tx: Tx<"ai">) => {
  if (payload.to !== "visible") await dropSummaries(tx, { type: "post", id: payload.postId });
});
