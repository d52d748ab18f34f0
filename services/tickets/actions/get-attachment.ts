import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { openFile } from "../attachments.ts";
import { attachments, findVisible } from "../repository.ts";

export const getAttachment = implement("tickets.getAttachment", async ({ params, actor, store, sendFile }) => {
  const { id: ticketId, attachmentId } = params;
  await findVisible(store.db, ticketId, actor);
  const doc = await attachments(store.db).findOne({ _id: attachmentId, ticketId });
  if (!doc) throw new NotFoundError("The attachment");
  sendFile({ name: doc.name, type: doc.type, bytes: doc.bytes });
  return openFile(store.db, doc._id) as never;
});
