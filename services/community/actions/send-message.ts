import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { findConversation } from "../access.ts";
import { type ConversationDoc, recipientsOf, withMessage, withoutGone } from "../conversations.ts";
import { publishMessage } from "../facts.ts";
import { type MessageDoc, newMessage } from "../model.ts";
import { blockedAmong, CONTENT, CONVERSATIONS, directoryOf, save } from "../repository.ts";
import { viewMessage } from "../views.ts";

export const sendMessage = implement("community.sendMessage", async ({ params, actor, store }) => {
  const { id, body } = params;
  const { userId } = actor;
  const { participants } = await findConversation(store.db, id, actor);
  const others = participants.flatMap((one) => one.userId ?? []);
  const [people, blocked] = await Promise.all([
    directoryOf(store.db, [userId, ...others]),
    blockedAmong(store.db, userId, others),
  ]);
  const work = async (tx: Tx<"community">) => {
    const old = await tx.collection<ConversationDoc>(CONVERSATIONS).findOne({ _id: id });
    if (!old) throw new NotFoundError("The conversation");
    const recipientIds = recipientsOf(withoutGone(old, people), userId, blocked);
    const message = newMessage(newId(), old, { body, recipientIds }, actor, tx.now);
    await tx.collection<MessageDoc>(CONTENT.message).insertOne(message);
    await save(tx, CONVERSATIONS, withMessage(old, message._id, recipientIds, tx.now));
    publishMessage(tx, message, userId);
    return viewMessage(message, people, true);
  };
  // All messages of a conversation write it.
  return store.inTransaction(work, { group: id });
});
