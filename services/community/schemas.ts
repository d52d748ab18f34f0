/** What community shows, in answers and in events. */
import Type from "typebox";
import { Id, nullable, oneOf, resource, Time } from "../../mixins/kit/fields.ts";

export const PostKindSchema = oneOf("post", "announcement", "emergency");
export const ContentStatusSchema = oneOf("visible", "hidden", "removed");
export const ContentTypeSchema = oneOf("post", "comment", "message");
export const AudienceRoleSchema = oneOf("resident", "staff", "manager", "provider");
export const FlagReasonSchema = oneOf(
  ...(["spam", "off_topic", "harassment", "hate", "violence", "sexual", "private_data", "other"] as const),
);
export const CaseStatusSchema = oneOf("pending", "approved", "rejected", "removed");
export const CaseSourceSchema = oneOf("flags", "ai", "revision");

/** Who a post is for: everybody of the building, who lives in one of these units, or who holds one of these roles. */
export const AudienceSchema = Type.Object({
  type: oneOf("building", "unit", "role"),
  unitIds: Type.Array(Id),
  roles: Type.Array(AudienceRoleSchema),
});

/** `authorId` is null, and the name "Former resident", once the author has left the building. */
const author = { authorId: nullable(Id), authorName: Type.String() };
const Text = nullable(
  Type.String({ description: "As written: data, never HTML. null: the placeholder of what was removed." }),
);
const written = {
  mentions: Type.Array(Id),
  revision: Type.Integer({ description: "Of the text; 1 is the first." }),
  editedAt: nullable(Time),
  status: ContentStatusSchema,
};

export const PostSchema = Type.Object({
  ...resource,
  buildingId: Id,
  ...author,
  kind: PostKindSchema,
  audience: AudienceSchema,
  public: Type.Boolean({ description: "Also seen by those whose residency is not verified yet." }),
  title: Text,
  body: Text,
  ...written,
  summary: nullable(
    Type.Object({
      text: Type.String(),
      sources: Type.Array(Type.Object({ type: Type.String(), id: Id })),
      provider: Type.String(),
      model: Type.String(),
    }),
  ),
});
export const FeedItemSchema = Type.Object({ ...PostSchema.properties, commentCount: Type.Integer() });

export const CommentSchema = Type.Object({
  ...resource,
  postId: Id,
  buildingId: Id,
  ...author,
  body: Text,
  ...written,
});

export const RevisionSchema = Type.Object({
  id: Id,
  revision: Type.Integer(),
  title: nullable(Type.String({ description: "null: a comment has none." })),
  body: Type.String(),
  replacedAt: Time,
});

export const FlagSchema = Type.Object({
  ...resource,
  contentType: ContentTypeSchema,
  contentId: Id,
  reason: FlagReasonSchema,
  note: nullable(Type.String()),
  status: oneOf("open", "upheld", "dismissed", "lapsed"),
});

export const CaseSchema = Type.Object({
  ...resource,
  buildingId: Id,
  contentType: ContentTypeSchema,
  contentId: Id,
  revision: Type.Integer({ description: "Of the text that is judged." }),
  source: CaseSourceSchema,
  status: CaseStatusSchema,
  score: Type.Number({ description: "Sum of the weights of the flags." }),
  reasons: Type.Array(Type.String(), { description: "Of the flags, and categories of AI." }),
  decidedBy: nullable(Type.String()),
  note: nullable(Type.String()),
});
export const CaseInQueueSchema = Type.Object({
  ...CaseSchema.properties,
  content: Type.Object({
    ...author,
    title: nullable(Type.String()),
    body: Type.String(),
    status: ContentStatusSchema,
  }),
});

const ParticipantSchema = Type.Object({
  userId: nullable(Id),
  name: Type.String(),
  left: Type.Boolean({ description: "Has left the building, and reads no further." }),
});
export const ConversationSchema = Type.Object({
  ...resource,
  buildingId: Id,
  title: nullable(Type.String()),
  participants: Type.Array(ParticipantSchema),
  unread: Type.Integer({ description: "Messages that the caller has not read." }),
  lastMessageAt: nullable(Time),
});
export const MessageSchema = Type.Object({
  ...resource,
  conversationId: Id,
  senderId: nullable(Id),
  senderName: Type.String(),
  body: Text,
  status: ContentStatusSchema,
});

export const BlockSchema = Type.Object({ userId: Id, name: Type.String(), createdAt: Time });
export const MemberSchema = Type.Object({
  userId: Id,
  displayName: Type.String(),
  roles: Type.Array(AudienceRoleSchema),
});
