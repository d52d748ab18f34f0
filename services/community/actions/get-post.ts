import { implement } from "../../../mixins/kit/implement.ts";
import { findPost } from "../access.ts";
import { directoryOf, viewerOf } from "../repository.ts";
import { viewPost } from "../views.ts";

export const getPost = implement("community.getPost", async ({ params, actor, store: { db } }) => {
  const post = await findPost(db, params.id, await viewerOf(db, actor));
  return viewPost(post, await directoryOf(db, [post.authorId]));
});
