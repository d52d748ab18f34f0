/** What community tells the others. */
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { CommentDoc, PostDoc } from "./model.ts";

type Author = { authorId: string };

const about = (doc: PostDoc | CommentDoc) => ({ aggregateId: doc._id, aggregateVersion: doc.version });

export function publishPost(
  tx: Tx<"community">,
  change: "created" | "updated",
  post: PostDoc,
  { authorId }: Author,
): void {
  const { _id: postId, buildingId, kind, audience, public: open, title, body, mentions, revision, version } = post;
  const text = { title, body, mentions, revision, version };
  tx.publish(`post.${change}`, { postId, buildingId, authorId, kind, audience, public: open, ...text }, about(post));
}

export function publishComment(
  tx: Tx<"community">,
  change: "created" | "updated",
  comment: CommentDoc,
  post: PostDoc,
  { authorId }: Author,
): void {
  const { _id: commentId, postId, buildingId, body, mentions, revision, version } = comment;
  const to = { postAuthorId: post.authorId, postTitle: post.title };
  tx.publish(
    `comment.${change}`,
    { commentId, postId, buildingId, authorId, ...to, body, mentions, revision, version },
    about(comment),
  );
}
