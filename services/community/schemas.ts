/** What community shows, in answers and in events. */
import Type from "typebox";
import { Id, nullable, oneOf, resource, Time } from "../../mixins/kit/fields.ts";

export const PostKindSchema = oneOf("post", "announcement", "emergency");
export const ContentStatusSchema = oneOf("visible", "hidden", "removed");
export const ContentTypeSchema = oneOf("post", "comment", "message");
export const AudienceRoleSchema = oneOf("resident", "staff", "manager", "provider");
export const FlagReasonSchema = oneOf(
  "spam",
  "off_topic",
  "harassment",
  "hate",
  "violence",
  "sexual",
  "private_data",
  "other",
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

export const PostSchema = Type.Object({
  ...resource,
  buildingId: Id,
  ...author,
  kind: PostKindSchema,
  audience: AudienceSchema,
  public: Type.Boolean({ description: "Also seen by those whose residency is not verified yet." }),
  title: Text,
  body: Text,
  mentions: Type.Array(Id),
  revision: Type.Integer({ description: "Of the text; 1 is the first." }),
  editedAt: nullable(Time),
  status: ContentStatusSchema,
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
  mentions: Type.Array(Id),
  revision: Type.Integer(),
  editedAt: nullable(Time),
  status: ContentStatusSchema,
});
