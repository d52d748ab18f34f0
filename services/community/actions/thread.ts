import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { comments, posts } from "../repository.ts";

/** The oldest so many comments. */
const MAX_COMMENTS = 200;
const VISIBLE = { status: "visible" as const };

/** What is hidden or removed is in nobody's summary. */
export const thread = implement("community.thread", async ({ params: { id }, store: { db } }) => {
  const post = await posts(db).findOne({ _id: id, ...VISIBLE }, { maxTimeMS: MAX_TIME_MS });
  if (!post) throw new NotFoundError("The post");
  const said = await comments(db)
    .find({ postId: id, ...VISIBLE }, { maxTimeMS: MAX_TIME_MS })
    .sort({ _id: 1 })
    .limit(MAX_COMMENTS)
    .toArray();
  const { revision, buildingId, authorId, title, body: text } = post;
  return {
    ...{ revision, buildingId, authorId, title, text },
    comments: said.map(({ _id, authorId, body }) => ({ id: _id, authorId, text: body })),
  };
});
