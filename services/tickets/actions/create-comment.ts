import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { publishComment } from "../facts.ts";
import { type CommentDoc, comment as decide, viewComment } from "../model.ts";
import { COMMENTS, changeTicket } from "../repository.ts";

export const createComment = implement("tickets.createComment", ({ params, actor, ifMatch, store, now }) => {
  const { id, body, visibility = "public" } = params;
  const stamp = { version: 1, createdAt: now, updatedAt: now };
  const doc: CommentDoc = {
    _id: newId(),
    ticketId: id,
    authorId: actor.userId,
    body: body.trim(),
    visibility,
    ...stamp,
  };
  return store.inTransaction(async (tx) => {
    const { after } = await changeTicket(tx, { id, actor, ifMatch }, (ticket) =>
      decide(ticket, visibility, actor, tx.now),
    );
    await tx.collection<CommentDoc>(COMMENTS).insertOne(doc);
    if (visibility === "public") publishComment(tx, after, doc, actor.userId);
    return viewComment(doc);
  });
});
