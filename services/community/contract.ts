import Type from "typebox";
import { type ActionsOf, action, defineContract, type EventsOf, event } from "../../mixins/kit/contracts.ts";
import { byId, closed, Id, line, nullable, oneOf, text } from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";
import {
  AudienceRoleSchema,
  AudienceSchema,
  CaseSourceSchema,
  CommentSchema,
  ContentStatusSchema,
  ContentTypeSchema,
  FeedItemSchema,
  FlagReasonSchema,
  PostKindSchema,
  PostSchema,
} from "./schemas.ts";

const Title = line(140);
const Body = text(10_000);
const CommentBody = text(3_000);
const Mentions = Type.Optional(
  Type.Array(Id, { maxItems: 20, uniqueItems: true, description: "Members of the building that the text addresses." }),
);
/** As asked for; what the type does not need is left out. */
const AskedAudience = Type.Object(
  {
    type: oneOf("building", "unit", "role"),
    unitIds: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true })),
    roles: Type.Optional(Type.Array(AudienceRoleSchema, { minItems: 1, maxItems: 4, uniqueItems: true })),
  },
  closed,
);

const version = Type.Integer({ description: "Of the post or comment, after the change." });
const revision = Type.Integer({ description: "Of the text: an edit makes the next one." });
const mentions = Type.Array(Id, { description: "Members that the text addresses; `mention.created` tells them." });
const post = { postId: Id, buildingId: Id };
const postText = {
  ...post,
  authorId: Id,
  kind: PostKindSchema,
  audience: AudienceSchema,
  public: Type.Boolean(),
  title: Type.String(),
  body: Type.String(),
  mentions,
  revision,
  version,
};
const commentText = {
  commentId: Id,
  ...post,
  authorId: Id,
  /** Whom it answers; null: a former resident. */
  postAuthorId: nullable(Id),
  postTitle: Type.String(),
  body: Type.String(),
  mentions,
  revision,
  version,
};
const statusStep = {
  /** null: a former resident. */
  authorId: nullable(Id),
  from: ContentStatusSchema,
  to: ContentStatusSchema,
  /** A person, or the policy: `system:flags`, `system:ai`. */
  actorId: Type.String(),
  revision,
  version,
};

export const community = defineContract({
  service: "community",
  summary: "What the people of a building tell each other: posts, comments, messages; and its moderation.",
  events: {
    "post.created": event(Type.Object(postText)),
    "post.updated": event(Type.Object(postText)),
    "post.status_changed": event(Type.Object({ ...post, kind: PostKindSchema, title: Type.String(), ...statusStep })),
    "comment.created": event(Type.Object(commentText)),
    "comment.updated": event(Type.Object(commentText)),
    "comment.status_changed": event(Type.Object({ commentId: Id, ...post, ...statusStep })),
    "message.sent": event(
      Type.Object({
        messageId: Id,
        conversationId: Id,
        buildingId: Id,
        senderId: Id,
        recipientIds: Type.Array(Id),
        body: Type.String(),
      }),
      { personal: { of: "senderId", blank: { body: "" } } },
    ),
    "content.flagged": event(
      Type.Object({
        contentType: ContentTypeSchema,
        contentId: Id,
        buildingId: Id,
        reporterId: Id,
        reason: FlagReasonSchema,
        score: Type.Number({ description: "Of all open flags of the content, this one included." }),
      }),
    ),
    "mention.created": event(
      Type.Object({
        contentType: oneOf("post", "comment"),
        contentId: Id,
        ...post,
        postTitle: Type.String(),
        authorId: Id,
        userIds: Type.Array(Id, { description: "Who may see it and is on speaking terms with the author." }),
      }),
    ),
    "moderation_case.created": event(
      Type.Object({
        caseId: Id,
        contentType: ContentTypeSchema,
        contentId: Id,
        buildingId: Id,
        source: CaseSourceSchema,
        score: Type.Number(),
      }),
    ),
  },
  consumes: [
    ...["user.created", "user.updated", "user.role_changed", "user.deleted"],
    ...["residency.created", "resident.verified", "resident.unverified"],
  ],
  actions: {
    createPost: action({
      summary: "Write a post; announcements and emergencies are the managers'. An emergency reaches everybody at once",
      access: "user",
      params: Type.Object(
        {
          buildingId: Type.Optional(
            Type.String({ format: "uuid", description: "May be left out by who belongs to one building only." }),
          ),
          kind: Type.Optional(PostKindSchema),
          audience: Type.Optional(AskedAudience),
          public: Type.Optional(
            Type.Boolean({ description: "For notices to the whole building: also shown before the verification." }),
          ),
          title: Title,
          body: Body,
          mentions: Mentions,
        },
        closed,
      ),
      result: PostSchema,
      rest: { method: "POST", path: "/posts", status: 201, location: "/posts/{id}", perMinute: 30 },
    }),
    listPosts: action({
      summary: "The feed, newest first: what the caller may see, of one building or of all of theirs",
      access: "user",
      params: Type.Object(
        {
          buildingId: Type.Optional(Id),
          kind: Type.Optional(PostKindSchema),
          authorId: Type.Optional(Id),
          ...pagingParams,
        },
        closed,
      ),
      result: pageOf(FeedItemSchema),
      rest: { method: "GET", path: "/posts" },
    }),
    getPost: action({
      summary: "One post; a placeholder where it was removed",
      access: "user",
      params: byId,
      result: PostSchema,
      rest: { method: "GET", path: "/posts/{id}" },
    }),
    createComment: action({
      summary: "Comment a post",
      access: "user",
      params: Type.Object({ id: Id, body: CommentBody, mentions: Mentions }, closed),
      result: CommentSchema,
      rest: {
        method: "POST",
        path: "/posts/{id}/comments",
        status: 201,
        location: "/posts/{postId}/comments",
        perMinute: 60,
      },
    }),
    listComments: action({
      summary: "Comments of a post, newest first; placeholders where one was removed or waits for review",
      access: "user",
      params: Type.Object({ id: Id, ...pagingParams }, closed),
      result: pageOf(CommentSchema),
      rest: { method: "GET", path: "/posts/{id}/comments" },
    }),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface EventTypes extends EventsOf<typeof community> {}
  interface ActionTypes extends ActionsOf<typeof community> {}
}
