import { MalformedUploadError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import {
  ATTACHMENTS,
  type AttachmentDoc,
  dropFile,
  MAX_ATTACHMENTS,
  readAll,
  sniff,
  storeFile,
  viewAttachment,
} from "../attachments.ts";
import { TooManyAttachmentsError } from "../errors.ts";
import { attach } from "../model.ts";
import { changeTicket, findVisible } from "../repository.ts";

/** The bytes first, outside of the transaction (GridFS has none); the attachment, which makes them visible, in it. */
export const createAttachment = implement("tickets.createAttachment", async (context) => {
  const { params, actor, ifMatch, store, now, upload } = context;
  const { id: ticketId, name, sha256 } = params;
  if (!upload || !sha256) throw new MalformedUploadError();
  await findVisible(store.db, ticketId, actor);
  const content = await readAll(upload);
  const type = await sniff(content);
  const stamp = { version: 1, createdAt: now, updatedAt: now };
  const about = { ticketId, uploaderId: actor.userId, name, type, bytes: content.length, sha256 };
  const doc: AttachmentDoc = { _id: newId(), ...about, ...stamp };
  await storeFile(store.db, doc._id, name, content);
  try {
    const insert = async (tx: Tx<"tickets">) => {
      // The ticket is written, so that of two last ones at once one waits for the other.
      await changeTicket(tx, { id: ticketId, actor, ifMatch }, (ticket) => attach(ticket, tx.now));
      const attachments = tx.collection<AttachmentDoc>(ATTACHMENTS);
      if ((await attachments.countDocuments({ ticketId })) >= MAX_ATTACHMENTS)
        throw new TooManyAttachmentsError(MAX_ATTACHMENTS);
      await attachments.insertOne(doc);
      return viewAttachment(doc);
    };
    return await store.inTransaction(insert, { group: ticketId });
  } catch (error) {
    await dropFile(store.db, doc._id);
    throw error;
  }
});
