/** Posts and comments: types and decisions. Pure. */
import { type Actor, isManagerOf } from "../../mixins/kit/actor.ts";
import { type ResourceDoc, viewResource } from "../../mixins/kit/fields.ts";
import type { StateOf } from "../../mixins/kit/states.ts";
import { type AskedAudience, type Audience, audienceOf, isPublic } from "./audience.ts";
import { ContentRemovedError, ManagersOnlyError } from "./errors.ts";
import { type Directory, viewAuthor } from "./people.ts";
import type { content } from "./states.ts";

export type PostKind = "post" | "announcement" | "emergency";
export type ContentStatus = StateOf<typeof content>;

/** What posts and comments have in common. */
export interface ContentDoc extends ResourceDoc {
  buildingId: string;
  /** null: a former resident. */
  authorId: string | null;
  body: string;
  mentions: string[];
  /** Of the text, from 1. */
  revision: number;
  editedAt: Date | null;
  status: ContentStatus;
}
export interface Summary {
  text: string;
  sources: { type: string; id: string }[];
  provider: string;
  model: string;
  revision: number;
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
  version: 1,
  createdAt: now,
  updatedAt: now,
});

/** @throws ManagersOnlyError, AudienceUnnamedError, AudienceNotForKindError, PublicNotForAllError */
export function newPost(id: string, asked: NewPost, buildingId: string, actor: Actor, now: Date): PostDoc {
  const { kind = "post", title, body, mentions = [] } = asked;
  if (kind !== "post" && !isManagerOf(actor, buildingId)) throw new ManagersOnlyError("make announcements");
  const audience = audienceOf(asked.audience, kind);
  return {
    _id: id,
    buildingId,
    kind,
    audience,
    public: isPublic(asked.public, kind, audience),
    title,
    body,
    mentions,
    summary: null,
    ...fresh(actor.userId, now),
  };
}

/** @throws ContentRemovedError */
export function newComment(
  id: string,
  post: PostDoc,
  asked: { body: string; mentions?: string[] | undefined },
  actor: Actor,
  now: Date,
): CommentDoc {
  if (post.status === "removed") throw new ContentRemovedError();
  const { body, mentions = [] } = asked;
  return { _id: id, postId: post._id, buildingId: post.buildingId, body, mentions, ...fresh(actor.userId, now) };
}

const viewText = (doc: ContentDoc, people: Directory) => ({
  ...viewResource(doc),
  buildingId: doc.buildingId,
  ...viewAuthor(doc, people),
  body: doc.body,
  mentions: doc.mentions,
  revision: doc.revision,
  editedAt: doc.editedAt?.toISOString() ?? null,
  status: doc.status,
});

/** What was removed stands as a placeholder: that there was something, and nothing of it. */
const placeholder = (doc: ContentDoc) => ({
  ...viewResource(doc),
  buildingId: doc.buildingId,
  authorId: null,
  authorName: "",
  body: null,
  mentions: [],
  revision: doc.revision,
  editedAt: null,
  status: doc.status,
});

export function viewPost(doc: PostDoc, people: Directory) {
  const { kind, audience, public: open, title } = doc;
  const head = { kind, audience, public: open };
  if (doc.status === "removed") return { ...placeholder(doc), ...head, title: null, summary: null };
  return { ...viewText(doc, people), ...head, title, summary: doc.summary };
}

/** `mayRead`: the author and managers see what waits for review. */
export function viewComment(doc: CommentDoc, people: Directory, mayRead: boolean) {
  const shown = doc.status === "visible" || (doc.status === "hidden" && mayRead);
  return { ...(shown ? viewText(doc, people) : placeholder(doc)), postId: doc.postId };
}
