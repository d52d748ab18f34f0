import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { SearchDoc } from "../model.ts";
import { DOCUMENTS } from "../repository.ts";

/** The content stays; whose it was is forgotten. */
export const onUserDeleted = onEvent("user.deleted", async ({ payload }, tx: Tx<"search">) => {
  await tx.collection<SearchDoc>(DOCUMENTS).updateMany({ ownerId: payload.userId }, { $set: { ownerId: null } });
});
