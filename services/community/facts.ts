/** What community tells the others. */
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { CommentDoc, ContentDoc, ContentType, MessageDoc, PostDoc } from "./model.ts";
import type { CaseDoc, FlagDoc } from "./moderation.ts";

type CommunityTx = Tx<"community">;
type Change = "created" | "updated";

const about = (doc: ContentDoc) => ({ aggregateId: doc._id, aggregateVersion: doc.version });

export function publishPost(tx: CommunityTx, change: Change, post: PostDoc, authorId: string): void {
  const { _id: postId, buildingId, kind, audience, public: open, title, body, mentions, revision, version } = post;
  const text = { title, body, mentions, revision, version };
  tx.publish(`post.${change}`, { postId, buildingId, authorId, kind, audience, public: open, ...text }, about(post));
}

export function publishComment(
  tx: CommunityTx,
  change: Change,
  comment: CommentDoc,
  post: PostDoc,
  authorId: string,
): void {
  const { _id: commentId, postId, buildingId, body, mentions, revision, version } = comment;
  const answered = { postAuthorId: post.authorId, postTitle: post.title };
  const text = { body, mentions, revision, version };
  tx.publish(`comment.${change}`, { commentId, postId, buildingId, authorId, ...answered, ...text }, about(comment));
}

/** Who is told that a text addresses them. */
export function publishMentions(
  tx: CommunityTx,
  doc: PostDoc | CommentDoc,
  post: PostDoc,
  authorId: string,
  userIds: string[],
): void {
  if (userIds.length === 0) return;
  const contentType = doc === post ? ("post" as const) : ("comment" as const);
  const where = { postId: post._id, buildingId: post.buildingId, postTitle: post.title };
  tx.publish("mention.created", { contentType, contentId: doc._id, ...where, authorId, userIds }, about(doc));
}

export function publishStatus(
  tx: CommunityTx,
  contentType: ContentType,
  before: ContentDoc,
  after: ContentDoc,
  actorId: string,
): void {
  const { buildingId, authorId, revision, version } = after;
  const step = { buildingId, authorId, from: before.status, to: after.status, actorId, revision, version };
  if (contentType === "post") {
    const { _id: postId, kind, title } = after as PostDoc;
    tx.publish("post.status_changed", { postId, kind, title, ...step }, about(after));
  }
  if (contentType === "comment") {
    const { _id: commentId, postId } = after as CommentDoc;
    tx.publish("comment.status_changed", { commentId, postId, ...step }, about(after));
  }
  if (contentType === "message") {
    const { _id: messageId, conversationId } = after as MessageDoc;
    tx.publish("message.status_changed", { messageId, conversationId, ...step }, about(after));
  }
}

export function publishMessage(tx: CommunityTx, message: MessageDoc, senderId: string): void {
  const { _id: messageId, conversationId, buildingId, recipientIds, body } = message;
  tx.publish("message.sent", { messageId, conversationId, buildingId, senderId, recipientIds, body }, about(message));
}

export function publishFlag(tx: CommunityTx, flag: FlagDoc, reporterId: string, score: number): void {
  const { contentType, contentId, buildingId, reason } = flag;
  tx.publish(
    "content.flagged",
    { contentType, contentId, buildingId, reporterId, reason, score },
    { aggregateId: contentId },
  );
}

export function publishCase(tx: CommunityTx, doc: CaseDoc): void {
  const { _id: caseId, contentType, contentId, buildingId, source, score } = doc;
  tx.publish(
    "moderation_case.created",
    { caseId, contentType, contentId, buildingId, source, score },
    { aggregateId: caseId, aggregateVersion: doc.version },
  );
}
