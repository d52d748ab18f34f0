import { belongsTo } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPost } from "../access.ts";
import { directoryOf, viewerOf } from "../repository.ts";
import { asNotice, viewPost } from "../views.ts";

export const getPost = implement("community.getPost", async ({ params, actor, store: { db } }) => {
  const post = await findPost(db, params.id, await viewerOf(db, actor));
  const view = viewPost(post, await directoryOf(db, [post.authorId]));
  return belongsTo(actor, post.buildingId) ? view : asNotice(view);
});
