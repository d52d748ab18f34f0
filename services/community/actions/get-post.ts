import { implement } from "../../../mixins/kit/implement.ts";
import { viewPost } from "../model.ts";
import { directoryOf, findVisible, viewerOf } from "../repository.ts";

export const getPost = implement("community.getPost", async ({ params, actor, store: { db } }) => {
  const post = await findVisible(db, params.id, await viewerOf(db, actor));
  return viewPost(post, await directoryOf(db, [post.authorId]));
});
