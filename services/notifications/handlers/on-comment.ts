/** What people of a building write to each other. Blocks are community's matter: it does not send what is blocked. */
import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { managersOf } from "../directory.ts";
import type { Notify } from "../notify.ts";
import type { PersonDoc } from "../people.ts";
import { PEOPLE } from "../repository.ts";
import { excerpt } from "../templates/render.ts";

const EXCERPT = 200;
const about = (type: string, id: string) => ({ type, id });

/** Of somebody who is not known (any more): null. */
async function nameOf(tx: Tx<"notifications">, userId: string): Promise<string | null> {
  const person = await tx.collection<PersonDoc>(PEOPLE).findOne({ _id: userId });
  return person?.displayName || null;
}

export const onCommentCreated = (notify: Notify) =>
  onEvent("comment.created", async (event, tx: Tx<"notifications">) => {
    const { commentId, postId, postAuthorId, postTitle: title, authorId, body } = event.payload;
    if (postAuthorId === null || postAuthorId === authorId) return;
    const variables = { name: await nameOf(tx, authorId), title, text: excerpt(body, EXCERPT) };
    const news = { template: "comment_created", variables, namedId: authorId, commentId } as const;
    await notify(tx, event, { to: [postAuthorId], ...news, subject: about("post", postId) });
  });

export const onMentionCreated = (notify: Notify) =>
  onEvent("mention.created", async (event, tx: Tx<"notifications">) => {
    const { contentType, contentId, postId, postTitle: title, authorId, userIds } = event.payload;
    const comment = contentType === "comment" ? { commentId: contentId } : {};
    const news = { template: "mention_created", variables: { name: await nameOf(tx, authorId), title } } as const;
    const others = userIds.filter((userId) => userId !== authorId);
    await notify(tx, event, { to: others, ...news, ...comment, namedId: authorId, subject: about("post", postId) });
  });

export const onMessageSent = (notify: Notify) =>
  onEvent("message.sent", async (event, tx: Tx<"notifications">) => {
    const { messageId, conversationId, senderId, recipientIds, body } = event.payload;
    const variables = { name: await nameOf(tx, senderId), text: excerpt(body, EXCERPT) };
    const news = { template: "message_sent", variables, namedId: senderId, messageId } as const;
    const others = recipientIds.filter((userId) => userId !== senderId);
    await notify(tx, event, { to: others, ...news, subject: about("conversation", conversationId) });
  });

export const onModerationCaseCreated = (notify: Notify) =>
  onEvent("moderation_case.created", async (event, tx: Tx<"notifications">) => {
    const { caseId, buildingId, contentType, source } = event.payload;
    const news = { template: "moderation_case_created", variables: { contentType, source } } as const;
    await notify(tx, event, {
      to: await managersOf(tx, buildingId),
      ...news,
      subject: about("moderation_case", caseId),
    });
  });
