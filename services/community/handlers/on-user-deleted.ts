import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { CommentDoc, PostDoc } from "../model.ts";
import { forgotten } from "../people.ts";
import { COMMENTS, changePerson, POSTS } from "../repository.ts";

/** What was written stays, under "former resident". */
export const onUserDeleted = onEvent("user.deleted", async ({ payload }, tx: Tx<"community">) => {
  const { userId } = payload;
  await changePerson(tx, userId, () => forgotten(userId));
  const written = { authorId: userId };
  const anonymous = { $set: { authorId: null }, $inc: { version: 1 } };
  await tx.collection<PostDoc>(POSTS).updateMany(written, anonymous);
  await tx.collection<CommentDoc>(COMMENTS).updateMany(written, anonymous);
});
