import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { ThingDoc } from "../model.ts";
import { THINGS } from "../repository.ts";

/** Things stay, under "former resident". All writes go through `tx`: together with the inbox, or not at all. */
export const onUserDeleted = onEvent("user.deleted", async ({ payload }, tx: Tx<"things">) => {
  await tx.collection<ThingDoc>(THINGS).updateMany({ ownerId: payload.userId }, { $set: { ownerId: null } });
});
