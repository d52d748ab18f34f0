import { belongsTo } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { findPost } from "../access.ts";
import { MembersOnlyError } from "../errors.ts";
import { mayRead } from "../model.ts";
import { comments, directoryOf, viewerOf } from "../repository.ts";
import { viewComment } from "../views.ts";

export const listComments = implement("community.listComments", async ({ params, actor, store: { db } }) => {
  const { id, ...request } = params;
  const post = await findPost(db, id, await viewerOf(db, actor));
  if (!belongsTo(actor, post.buildingId)) throw new MembersOnlyError("read comments");
  const page = await findPage(comments(db), { postId: id }, request, (comment) => comment);
  const people = await directoryOf(
    db,
    page.items.map(({ authorId }) => authorId),
  );
  const items = page.items.map((comment) => viewComment(comment, people, mayRead(comment, actor)));
  return { items, nextCursor: page.nextCursor };
});
