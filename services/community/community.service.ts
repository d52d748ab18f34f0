import type { Service, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { block, getBlock, listBlocks, unblock } from "./actions/blocks.ts";
import { createComment } from "./actions/create-comment.ts";
import { createConversation } from "./actions/create-conversation.ts";
import { createPost } from "./actions/create-post.ts";
import { decideCase } from "./actions/decide-case.ts";
import { exportPerson } from "./actions/export-person.ts";
import { flagComment, flagMessage, flagPost } from "./actions/flag-content.ts";
import { getPost } from "./actions/get-post.ts";
import { listCases } from "./actions/list-cases.ts";
import { listComments } from "./actions/list-comments.ts";
import { listMembers } from "./actions/list-members.ts";
import { listMessages } from "./actions/list-messages.ts";
import { listPosts } from "./actions/list-posts.ts";
import { listCommentRevisions, listPostRevisions } from "./actions/list-revisions.ts";
import { getConversation, listConversations, readConversation } from "./actions/read-conversations.ts";
import { getFlag, listFlags } from "./actions/read-flags.ts";
import { deleteComment, deleteMessage, deletePost } from "./actions/remove-content.ts";
import { sendMessage } from "./actions/send-message.ts";
import { thread } from "./actions/thread.ts";
import { updateComment } from "./actions/update-comment.ts";
import { updatePost } from "./actions/update-post.ts";
import { community } from "./contract.ts";
import { onModerationResult, onSummaryReady } from "./handlers/on-ai.ts";
import { onResidencyCreated, onResidentUnverified, onResidentVerified } from "./handlers/on-resident.ts";
import { onUserCreated, onUserRoleChanged, onUserUpdated } from "./handlers/on-user.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { ensureIndexes } from "./repository.ts";

const actions = [
  ...[createPost, listPosts, getPost, updatePost, deletePost, listPostRevisions],
  ...[createComment, listComments, updateComment, deleteComment, listCommentRevisions, thread],
  ...[flagPost, flagComment, flagMessage, listFlags, getFlag, listCases, decideCase],
  ...[createConversation, listConversations, getConversation, readConversation],
  ...[sendMessage, listMessages, deleteMessage],
  ...[block, unblock, getBlock, listBlocks, listMembers, exportPerson],
];
const handlers = [
  ...[onModerationResult, onSummaryReady],
  ...[onUserCreated, onUserUpdated, onUserRoleChanged, onUserDeleted],
  ...[onResidencyCreated, onResidentVerified, onResidentUnverified],
];

export default {
  name: "community",
  mixins: [domainMixin({ contract: community, actions, handlers })],
  async started(this: Service) {
    await ensureIndexes(this.broker.backbone.database("community"));
  },
} as object as ServiceSchema;
