import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { ATTACHMENTS, type AttachmentDoc } from "../attachments.ts";
import type { CommentDoc, TicketDoc } from "../model.ts";
import { COMMENTS, TICKETS } from "../repository.ts";

/** What was reported stays, under "former resident". */
export const onUserDeleted = onEvent("user.deleted", async ({ payload }, tx: Tx<"tickets">) => {
  const tickets = tx.collection<TicketDoc>(TICKETS);
  await tickets.updateMany({ reporterId: payload.userId }, { $set: { reporterId: null }, $inc: { version: 1 } });
  await tx.collection<CommentDoc>(COMMENTS).updateMany({ authorId: payload.userId }, { $set: { authorId: null } });
  const uploaded = { uploaderId: payload.userId };
  await tx.collection<AttachmentDoc>(ATTACHMENTS).updateMany(uploaded, { $set: { uploaderId: null } });
  await tickets.updateMany({ assigneeId: payload.userId }, { $set: { assigneeId: null }, $inc: { version: 1 } });
});
