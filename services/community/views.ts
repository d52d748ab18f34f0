/** What is shown of what is stored. Pure. */
import { viewResource } from "../../mixins/kit/fields.ts";
import type { CommentDoc, ContentDoc, MessageDoc, PostDoc, RevisionDoc } from "./model.ts";
import { type Directory, viewAuthor } from "./people.ts";

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

export function viewPost(doc: PostDoc, people: Directory, readable = doc.status !== "removed") {
  const { kind, audience, public: open, title, summary } = doc;
  const head = { kind, audience, public: open };
  if (!readable) return { ...placeholder(doc), ...head, title: null, summary: null };
  return { ...viewText(doc, people), ...head, title, summary };
}

/** For who waits for the verification: the notice, and nothing of what the members say to it. */
export const asNotice = (view: ReturnType<typeof viewPost>) => ({ ...view, summary: null });

/** `readable`: by this caller; else a placeholder. */
export const viewComment = (doc: CommentDoc, people: Directory, readable: boolean) => ({
  ...(readable ? viewText(doc, people) : placeholder(doc)),
  postId: doc.postId,
});

export function viewMessage(doc: MessageDoc, people: Directory, readable: boolean) {
  const { authorId, authorName, ...rest } = readable ? viewText(doc, people) : placeholder(doc);
  return { ...rest, conversationId: doc.conversationId, senderId: authorId, senderName: authorName };
}

export const viewRevision = ({ _id, revision, title, body, replacedAt }: RevisionDoc) => ({
  id: _id,
  revision,
  title,
  body,
  replacedAt: replacedAt.toISOString(),
});
