import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { viewAttachment } from "../attachments.ts";
import { attachments, findVisible } from "../repository.ts";

export const listAttachments = implement("tickets.listAttachments", async ({ params, actor, store }) => {
  await findVisible(store.db, params.id, actor);
  return findPage(attachments(store.db), { ticketId: params.id }, params, viewAttachment);
});
