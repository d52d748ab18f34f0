import { belongsTo } from "../../../mixins/kit/actor.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPost } from "../access.ts";
import { MembersOnlyError } from "../errors.ts";
import { publishComment, publishMentions } from "../facts.ts";
import { resolveMentions } from "../mentions.ts";
import { type CommentDoc, newComment } from "../model.ts";
import { CONTENT, directoryOf, viewerOf } from "../repository.ts";
import { viewComment } from "../views.ts";

export const createComment = implement("community.createComment", async ({ params, actor, store, now }) => {
  const { id, ...asked } = params;
  const { userId } = actor;
  const post = await findPost(store.db, id, await viewerOf(store.db, actor));
  if (!belongsTo(actor, post.buildingId)) throw new MembersOnlyError("comment");
  const comment = newComment(newId(), post, asked, actor, now);
  const told = await resolveMentions(store.db, post, userId, comment.mentions);
  const people = await directoryOf(store.db, [userId]);
  return store.inTransaction(async (tx) => {
    await tx.collection<CommentDoc>(CONTENT.comment).insertOne(comment);
    publishComment(tx, "created", comment, post, userId);
    publishMentions(tx, comment, post, userId, told);
    return viewComment(comment, people, true);
  });
});
