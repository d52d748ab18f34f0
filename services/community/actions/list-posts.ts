import type { Db } from "mongodb";
import { belongsTo } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { feedFilter } from "../audience.ts";
import type { PostDoc } from "../model.ts";
import { comments, directoryOf, posts, viewerOf } from "../repository.ts";
import { asNotice, viewPost } from "../views.ts";

export const listPosts = implement("community.listPosts", async ({ params, actor, store: { db } }) => {
  const { buildingId, kind, authorId, ...request } = params;
  const viewer = await viewerOf(db, actor);
  if (buildingId !== undefined && !belongsTo(actor, buildingId) && !viewer.waiting.includes(buildingId))
    throw new NotFoundError("The building");
  const asked = {
    ...(buildingId !== undefined && { buildingId }),
    ...(kind !== undefined && { kind }),
    ...(authorId !== undefined && { authorId }),
  };
  const page = await findPage(posts(db), { $and: [feedFilter(viewer), asked] }, request, (post) => post);
  const [people, counts] = await Promise.all([
    directoryOf(
      db,
      page.items.map((post) => post.authorId),
    ),
    countComments(db, page.items),
  ]);
  const items = page.items.map((post) => {
    const view = viewPost(post, people);
    return belongsTo(actor, post.buildingId)
      ? { ...view, commentCount: counts.get(post._id) ?? 0 }
      : { ...asNotice(view), commentCount: 0 };
  });
  return { items, nextCursor: page.nextCursor };
});

async function countComments(db: Db, of: readonly PostDoc[]): Promise<Map<string, number>> {
  const counted = await comments(db)
    .aggregate<{ _id: string; count: number }>(
      [
        { $match: { postId: { $in: of.map(({ _id }) => _id) }, status: "visible" } },
        { $group: { _id: "$postId", count: { $sum: 1 } } },
      ],
      { maxTimeMS: MAX_TIME_MS },
    )
    .toArray();
  return new Map(counted.map(({ _id, count }) => [_id, count]));
}
