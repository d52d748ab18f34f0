/** What people write: posts, comments, messages. Types and decisions. Pure. */
import { type Actor, isManagerOf } from "../../mixins/kit/actor.ts";
import type { ResourceDoc } from "../../mixins/kit/fields.ts";
import type { StateOf } from "../../mixins/kit/states.ts";
import { type AskedAudience, type Audience, audienceOf, isPublic } from "./audience.ts";
import { ContentRemovedError, IllegalContentStepError, ManagersOnlyError, NotAuthorError } from "./errors.ts";
import { content } from "./states.ts";

export type PostKind = "post" | "announcement" | "emergency";
export type ContentStatus = StateOf<typeof content>;
export type ContentType = "post" | "comment" | "message";

/** What all three have in common. */
export interface ContentDoc extends ResourceDoc {
  buildingId: string;
  /** null: a former resident. */
  authorId: string | null;
  /** As written. */
  body: string;
  mentions: string[];
  /** Of the text, from 1. */
  revision: number;
  editedAt: Date | null;
  status: ContentStatus;
  /** The text that a moderator has approved: no machine hides it again. */
  approvedRevision: number | null;
  /** Sum of the open flags. Written with every step of the moderation, which so happen one after the other. */
  flagScore: number;
}
export interface Summary {
  text: string;
  sources: { type: string; id: string }[];
  provider: string;
  model: string;
}
export interface PostDoc extends ContentDoc {
  kind: PostKind;
  audience: Audience;
  public: boolean;
  title: string;
  summary: Summary | null;
}
export interface CommentDoc extends ContentDoc {
  postId: string;
}
export interface MessageDoc extends ContentDoc {
  conversationId: string;
  /** Who got it. */
  recipientIds: string[];
}
export interface RevisionDoc {
  _id: string;
  contentType: ContentType;
  contentId: string;
  authorId: string | null;
  revision: number;
  title: string | null;
  body: string;
  replacedAt: Date;
}

export interface NewPost {
  kind?: PostKind;
  audience?: AskedAudience;
  public?: boolean;
  title: string;
  body: string;
  mentions?: string[];
}
const fresh = (authorId: string, now: Date) => ({
  authorId,
  revision: 1,
  editedAt: null,
  status: "visible" as const,
  approvedRevision: null,
  flagScore: 0,
  version: 1,
  createdAt: now,
  updatedAt: now,
});

/** @throws ManagersOnlyError, AudienceUnnamedError, AudienceNotForKindError, PublicNotForAllError */
export function newPost(id: string, asked: NewPost, buildingId: string, actor: Actor, now: Date): PostDoc {
  const { kind = "post", title, body, mentions = [] } = asked;
  if (kind !== "post" && !isManagerOf(actor, buildingId)) throw new ManagersOnlyError("make announcements");
  const audience = audienceOf(asked.audience, kind);
  const open = isPublic(asked.public, kind, audience);
  const text = { title, body, mentions, summary: null };
  return { _id: id, buildingId, kind, audience, public: open, ...text, ...fresh(actor.userId, now) };
}

export interface Text {
  body: string;
  mentions?: string[];
}

/** @throws ContentRemovedError */
export function newComment(id: string, post: PostDoc, asked: Text, actor: Actor, now: Date): CommentDoc {
  if (post.status === "removed") throw new ContentRemovedError();
  const { _id: postId, buildingId } = post;
  const { body, mentions = [] } = asked;
  return { _id: id, postId, buildingId, body, mentions, ...fresh(actor.userId, now) };
}

export const newMessage = (
  id: string,
  conversation: { _id: string; buildingId: string },
  to: { body: string; recipientIds: string[] },
  actor: Actor,
  now: Date,
): MessageDoc => ({
  _id: id,
  conversationId: conversation._id,
  buildingId: conversation.buildingId,
  mentions: [],
  ...to,
  ...fresh(actor.userId, now),
});

const isAuthor = (doc: ContentDoc, actor: Actor): boolean => doc.authorId === actor.userId;

/** Authors see theirs, managers everything; what waits for review is hidden from the others. */
export const mayRead = (doc: ContentDoc, actor: Actor): boolean =>
  doc.status === "visible" || (doc.status === "hidden" && (isAuthor(doc, actor) || isManagerOf(actor, doc.buildingId)));

/** @throws NotAuthorError, ContentRemovedError */
export function edit<D extends ContentDoc>(doc: D, changes: Partial<D>, actor: Actor, now: Date): D {
  if (!isAuthor(doc, actor)) throw new NotAuthorError("edit this");
  if (doc.status === "removed") throw new ContentRemovedError();
  return { ...doc, ...changes, revision: doc.revision + 1, editedAt: now, version: doc.version + 1, updatedAt: now };
}

/** Another face of the post, so another version; the text is the same. */
export const withSummary = (post: PostDoc, summary: Summary): PostDoc => ({
  ...post,
  summary,
  version: post.version + 1,
});

/** Of its author, or of a manager; of a message only of its sender. @throws NotAuthorError, ContentRemovedError */
export function remove<D extends ContentDoc>(doc: D, contentType: ContentType, actor: Actor, now: Date): D {
  const mayRemove = isAuthor(doc, actor) || (contentType !== "message" && isManagerOf(actor, doc.buildingId));
  if (!mayRemove) throw new NotAuthorError("remove this");
  if (doc.status === "removed") throw new ContentRemovedError();
  return step(doc, "removed", now);
}

/** @throws IllegalContentStepError */
export function step<D extends ContentDoc>(doc: D, to: ContentStatus, now: Date): D {
  const legal = content.steps[doc.status];
  if (!legal.includes(to)) throw new IllegalContentStepError(doc.status, to, legal);
  return { ...doc, status: to, version: doc.version + 1, updatedAt: now };
}
