import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { publishPost } from "../facts.ts";
import { newPost, type PostDoc, viewPost } from "../model.ts";
import { placeOf } from "../place.ts";
import { directoryOf, POSTS } from "../repository.ts";

export const createPost = implement("community.createPost", async ({ params, actor, store, now }) => {
  const { buildingId, ...asked } = params;
  const post = newPost(newId(), asked, placeOf(actor, buildingId), actor, now);
  const people = await directoryOf(store.db, [actor.userId]);
  return store.inTransaction(async (tx) => {
    await tx.collection<PostDoc>(POSTS).insertOne(post);
    publishPost(tx, "created", post, { authorId: actor.userId });
    return viewPost(post, people);
  });
});
