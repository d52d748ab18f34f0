import { belongsTo } from "../../../mixins/kit/actor.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { MembersOnlyError } from "../errors.ts";
import { publishComment } from "../facts.ts";
import { type CommentDoc, newComment, viewComment } from "../model.ts";
import { COMMENTS, directoryOf, findVisible, viewerOf } from "../repository.ts";

export const createComment = implement("community.createComment", async ({ params, actor, store, now }) => {
  const { id, ...asked } = params;
  const post = await findVisible(store.db, id, await viewerOf(store.db, actor));
  if (!belongsTo(actor, post.buildingId)) throw new MembersOnlyError("comment");
  const comment = newComment(newId(), post, asked, actor, now);
  const people = await directoryOf(store.db, [actor.userId]);
  return store.inTransaction(async (tx) => {
    await tx.collection<CommentDoc>(COMMENTS).insertOne(comment);
    publishComment(tx, "created", comment, post, { authorId: actor.userId });
    return viewComment(comment, people, true);
  });
});
