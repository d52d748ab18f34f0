import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { forgetOwner } from "../repository.ts";

export const onUserDeleted = onEvent("user.deleted", async ({ payload }, tx: Tx<"search">) => {
  await forgetOwner(tx, payload.userId);
});
