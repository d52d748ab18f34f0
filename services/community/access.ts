/** Content that the caller may see; what they may not is not there. */
import type { Db } from "mongodb";
import { type Actor, belongsTo } from "../../mixins/kit/actor.ts";
import { NotFoundError } from "../../mixins/kit/errors.ts";
import { canSee, type Viewer } from "./audience.ts";
import { type ConversationDoc, isIn } from "./conversations.ts";
import { MembersOnlyError } from "./errors.ts";
import { type CommentDoc, type ContentDoc, type ContentType, type MessageDoc, mayRead, type PostDoc } from "./model.ts";
import { comments, conversations, messages, options, posts, viewerOf } from "./repository.ts";

/** @throws NotFoundError */
export async function findPost(db: Db, id: string, viewer: Viewer): Promise<PostDoc> {
  const post = await posts(db).findOne({ _id: id }, options);
  if (!post || !canSee(viewer, post)) throw new NotFoundError("The post");
  return post;
}

export interface CommentOfPost {
  comment: CommentDoc;
  post: PostDoc;
}

/** Also a placeholder. @throws NotFoundError */
export async function findComment(db: Db, id: string, viewer: Viewer): Promise<CommentOfPost> {
  const comment = await comments(db).findOne({ _id: id }, options);
  const post = comment && (await posts(db).findOne({ _id: comment.postId }, options));
  if (!post || !canSee(viewer, post)) throw new NotFoundError("The comment");
  return { comment, post };
}

/** One that the caller takes part in, and in whose building they still are. @throws NotFoundError */
export async function findConversation(db: Db, id: string, actor: Actor): Promise<ConversationDoc> {
  const found = await conversations(db).findOne({ _id: id }, options);
  if (!found || !isIn(found, actor.userId) || !belongsTo(actor, found.buildingId))
    throw new NotFoundError("The conversation");
  return found;
}

/** One that the caller has sent or got. @throws NotFoundError */
export async function findMessage(db: Db, id: string, actor: Actor): Promise<MessageDoc> {
  const message = await messages(db).findOne({ _id: id }, options);
  const concerns = message && (message.authorId === actor.userId || message.recipientIds.includes(actor.userId));
  if (!message || !concerns) throw new NotFoundError("The message");
  await findConversation(db, message.conversationId, actor).catch(() => {
    throw new NotFoundError("The message");
  });
  return message;
}

/** Something that the caller may act on. @throws NotFoundError, MembersOnlyError */
export async function findContent(db: Db, contentType: ContentType, id: string, actor: Actor): Promise<ContentDoc> {
  if (contentType === "message") return findMessage(db, id, actor);
  const viewer = await viewerOf(db, actor);
  const doc = contentType === "post" ? await findPost(db, id, viewer) : (await findComment(db, id, viewer)).comment;
  if (!belongsTo(actor, doc.buildingId)) throw new MembersOnlyError("do this");
  if (doc.status === "hidden" && !mayRead(doc, actor)) throw new NotFoundError(`The ${contentType}`);
  return doc;
}
