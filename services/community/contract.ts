import Type from "typebox";
import { type ActionsOf, action, defineContract, type EventsOf, event } from "../../mixins/kit/contracts.ts";
import { byId, closed, command, exportPerson, Id, line, nullable, oneOf, text } from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";
import {
  AudienceRoleSchema,
  AudienceSchema,
  BlockSchema,
  CaseInQueueSchema,
  CaseSchema,
  CaseSourceSchema,
  CaseStatusSchema,
  CommentSchema,
  ContentStatusSchema,
  ContentTypeSchema,
  ConversationSchema,
  FeedItemSchema,
  FlagReasonSchema,
  FlagSchema,
  MemberSchema,
  MessageSchema,
  PostKindSchema,
  PostSchema,
  RevisionSchema,
} from "./schemas.ts";
import { content, flag, moderationCase } from "./states.ts";

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

const listOf = Type.Object({ id: Id, ...pagingParams }, closed);
const FlagParams = Type.Object({ id: Id, reason: FlagReasonSchema, note: Type.Optional(text(1_000)) }, closed);
const flagging = (what: string) =>
  action({
    summary: `Report a ${what}; enough weight hides it until a moderator decides`,
    access: "user",
    params: FlagParams,
    result: FlagSchema,
    rest: {
      method: "POST",
      path: `/${what}s/{id}/flags`,
      status: 201,
      location: "/flags/{id}",
      perMinute: 30,
    },
  });
const deleting = (what: string, who: string) =>
  action({
    summary: `Remove a ${what}, by ${who}; a placeholder stays`,
    access: "user",
    params: byId,
    result: Type.Object({}),
    rest: { method: "DELETE", path: `/${what}s/{id}`, status: 204 },
  });
const revisionsOf = (what: string) =>
  action({
    summary: `Earlier texts of a ${what}, newest first: for its author and for managers`,
    access: "user",
    params: listOf,
    result: pageOf(RevisionSchema),
    rest: { method: "GET", path: `/${what}s/{id}/revisions` },
  });

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

/** What was said stays in the building; copies of it in events do not. */
const postIsOf = { personal: { of: "authorId" as const, blank: { title: "", body: "", mentions: [] } } };
const commentIsOf = { personal: { of: "authorId" as const, blank: { body: "", mentions: [] } } };

export const community = defineContract({
  service: "community",
  summary: "What the people of a building tell each other: posts, comments, messages; and its moderation.",
  events: {
    "post.created": event(Type.Object(postText), postIsOf),
    "post.updated": event(Type.Object(postText), postIsOf),
    "post.status_changed": event(Type.Object({ ...post, kind: PostKindSchema, title: Type.String(), ...statusStep }), {
      personal: { of: "authorId", blank: { title: "" } },
    }),
    "comment.created": event(Type.Object(commentText), commentIsOf),
    "comment.updated": event(Type.Object(commentText), commentIsOf),
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
    "message.status_changed": event(Type.Object({ messageId: Id, conversationId: Id, buildingId: Id, ...statusStep })),
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
    ...["ai.moderation_result", "ai.summary_ready"],
    ...["user.created", "user.updated", "user.role_changed", "user.deleted"],
    ...["residency.created", "resident.verified", "resident.unverified"],
  ],
  states: { "a post, comment or message": content, "a moderation case": moderationCase, "a flag": flag },
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
    updatePost: action({
      summary: "Edit one's own post; the earlier text is kept",
      access: "user",
      params: Type.Object(
        { id: Id, title: Type.Optional(Title), body: Type.Optional(Body), mentions: Mentions },
        closed,
      ),
      result: PostSchema,
      rest: { method: "PATCH", path: "/posts/{id}" },
    }),
    deletePost: deleting("post", "its author or a manager"),
    listPostRevisions: revisionsOf("post"),
    thread: action({
      summary: "A post with its comments, as everybody who sees the post may read them",
      access: "internal",
      params: byId,
      result: Type.Object({
        revision: Type.Integer(),
        buildingId: Id,
        authorId: nullable(Id),
        title: Type.String(),
        text: Type.String(),
        comments: Type.Array(Type.Object({ id: Id, authorId: nullable(Id), text: Type.String() })),
      }),
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
      params: listOf,
      result: pageOf(CommentSchema),
      rest: { method: "GET", path: "/posts/{id}/comments" },
    }),
    updateComment: action({
      summary: "Edit one's own comment; the earlier text is kept",
      access: "user",
      params: Type.Object({ id: Id, body: CommentBody, mentions: Mentions }, closed),
      result: CommentSchema,
      rest: { method: "PATCH", path: "/comments/{id}" },
    }),
    deleteComment: deleting("comment", "its author or a manager"),
    listCommentRevisions: revisionsOf("comment"),
    flagPost: flagging("post"),
    flagComment: flagging("comment"),
    flagMessage: flagging("message"),
    listFlags: action({
      summary: "What the caller has reported, and what came of it",
      access: "user",
      params: Type.Object({ ...pagingParams }, closed),
      result: pageOf(FlagSchema),
      rest: { method: "GET", path: "/flags" },
    }),
    getFlag: action({
      summary: "One of the caller's own reports",
      access: "user",
      params: byId,
      result: FlagSchema,
      rest: { method: "GET", path: "/flags/{id}" },
    }),
    listCases: action({
      summary: "What waits for a moderator, or was decided, with the content itself; newest first",
      access: "manager",
      params: Type.Object(
        { buildingId: Type.Optional(Id), status: Type.Optional(CaseStatusSchema), ...pagingParams },
        closed,
      ),
      result: pageOf(CaseInQueueSchema),
      rest: { method: "GET", path: "/moderation/cases" },
    }),
    decideCase: action({
      summary: "Decide a case: approved shows the content, rejected leaves it hidden, removed takes it away for good",
      access: "manager",
      params: Type.Object(
        { id: Id, decision: oneOf("approved", "rejected", "removed"), note: Type.Optional(text(1_000)) },
        closed,
      ),
      result: CaseSchema,
      rest: command("/moderation/cases/{id}/decision"),
    }),
    createConversation: action({
      summary:
        "Begin a conversation with people of the same building; with one person there is one, which is found again",
      access: "user",
      params: Type.Object(
        {
          buildingId: Type.Optional(Id),
          participantIds: Type.Array(Id, {
            minItems: 1,
            maxItems: 20,
            uniqueItems: true,
            description: "Without oneself.",
          }),
          title: Type.Optional(line(80)),
        },
        closed,
      ),
      result: ConversationSchema,
      rest: { method: "POST", path: "/conversations", status: 201, location: "/conversations/{id}", perMinute: 30 },
    }),
    listConversations: action({
      summary: "Own conversations, the most recent activity first",
      access: "user",
      params: Type.Object({ ...pagingParams }, closed),
      result: pageOf(ConversationSchema),
      rest: { method: "GET", path: "/conversations" },
    }),
    getConversation: action({
      summary: "One conversation",
      access: "user",
      params: byId,
      result: ConversationSchema,
      rest: { method: "GET", path: "/conversations/{id}" },
    }),
    sendMessage: action({
      summary:
        "Write to the others of a conversation; who has blocked the sender, or is blocked by them, does not get it",
      access: "user",
      params: Type.Object({ id: Id, body: text(5_000) }, closed),
      result: MessageSchema,
      rest: {
        method: "POST",
        path: "/conversations/{id}/messages",
        status: 201,
        location: "/conversations/{conversationId}/messages",
        perMinute: 60,
      },
    }),
    listMessages: action({
      summary: "Messages of a conversation, newest first",
      access: "user",
      params: listOf,
      result: pageOf(MessageSchema),
      rest: { method: "GET", path: "/conversations/{id}/messages" },
    }),
    deleteMessage: deleting("message", "its sender"),
    readConversation: action({
      summary: "Mark as read: everything, or up to a message",
      access: "user",
      params: Type.Object({ id: Id, upTo: Type.Optional(Id) }, closed),
      result: ConversationSchema,
      rest: command("/conversations/{id}/read"),
    }),
    block: action({
      summary: "Block somebody: no messages and mentions between the two, in either direction",
      access: "user",
      params: Type.Object({ userId: Id }, closed),
      result: BlockSchema,
      rest: { method: "PUT", path: "/blocks/{userId}" },
    }),
    unblock: action({
      summary: "Take a block back",
      access: "user",
      params: Type.Object({ userId: Id }, closed),
      result: Type.Object({}),
      rest: { method: "DELETE", path: "/blocks/{userId}", status: 204 },
    }),
    getBlock: action({
      summary: "Has the caller blocked them?",
      access: "user",
      params: Type.Object({ userId: Id }, closed),
      result: BlockSchema,
      rest: { method: "GET", path: "/blocks/{userId}" },
    }),
    listBlocks: action({
      summary: "Whom the caller has blocked",
      access: "user",
      params: Type.Object({ ...pagingParams }, closed),
      result: pageOf(BlockSchema),
      rest: { method: "GET", path: "/blocks" },
    }),
    listMembers: action({
      summary: "Who belongs to a building: whom one can write to and mention. `q`: the beginning of a word of the name",
      access: "user",
      params: Type.Object(
        {
          buildingId: Type.Optional(Id),
          q: Type.Optional(line(80)),
          ...pagingParams,
        },
        closed,
      ),
      result: pageOf(MemberSchema),
      rest: { method: "GET", path: "/members" },
    }),
    exportPerson: action(
      exportPerson(
        Type.Object({
          posts: Type.Array(PostSchema),
          comments: Type.Array(CommentSchema),
          revisions: Type.Array(RevisionSchema),
          messages: Type.Array(MessageSchema),
          conversations: Type.Array(ConversationSchema),
          flags: Type.Array(FlagSchema),
          blocks: Type.Array(BlockSchema),
        }),
      ),
    ),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface EventTypes extends EventsOf<typeof community> {}
  interface ActionTypes extends ActionsOf<typeof community> {}
}
