import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { viewComment } from "../model.ts";
import { comments, directoryOf, findVisible, viewerOf } from "../repository.ts";

export const listComments = implement("community.listComments", async ({ params, actor, store: { db } }) => {
  const { id, ...request } = params;
  const post = await findVisible(db, id, await viewerOf(db, actor));
  const page = await findPage(comments(db), { postId: id }, request, (comment) => comment);
  const people = await directoryOf(
    db,
    page.items.map(({ authorId }) => authorId),
  );
  const moderates = isManagerOf(actor, post.buildingId);
  const items = page.items.map((comment) =>
    viewComment(comment, people, moderates || comment.authorId === actor.userId),
  );
  return { items, nextCursor: page.nextCursor };
});
