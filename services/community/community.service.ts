import type { Service, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { createComment } from "./actions/create-comment.ts";
import { createPost } from "./actions/create-post.ts";
import { getPost } from "./actions/get-post.ts";
import { listComments } from "./actions/list-comments.ts";
import { listPosts } from "./actions/list-posts.ts";
import { community } from "./contract.ts";
import { onResidencyCreated, onResidentUnverified, onResidentVerified } from "./handlers/on-resident.ts";
import { onUserCreated, onUserRoleChanged, onUserUpdated } from "./handlers/on-user.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { ensureIndexes } from "./repository.ts";

const actions = [createPost, listPosts, getPost, createComment, listComments];
const handlers = [
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
