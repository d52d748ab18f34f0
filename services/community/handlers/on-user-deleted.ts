import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { forget } from "../departure.ts";
import { forgotten } from "../people.ts";
import { changePerson } from "../repository.ts";

export const onUserDeleted = onEvent("user.deleted", async ({ payload }, tx: Tx<"community">) => {
  const { userId } = payload;
  await changePerson(tx, userId, () => forgotten(userId));
  await forget(tx, userId);
});
