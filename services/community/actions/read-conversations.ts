import { buildingsOf } from "../../../mixins/kit/actor.ts";
import { checkVersion } from "../../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { findConversation } from "../access.ts";
import { type ConversationDoc, viewConversation, withRead } from "../conversations.ts";
import type { MessageDoc } from "../model.ts";
import { CONTENT, CONVERSATIONS, conversations, directoryOf, save } from "../repository.ts";

const peopleIn = (found: readonly ConversationDoc[]) =>
  found.flatMap(({ participants }) => participants.map(({ userId }) => userId));

export const listConversations = implement("community.listConversations", async ({ params, actor, store: { db } }) => {
  const { userId } = actor;
  const mine = buildingsOf(actor);
  const filter = {
    participants: { $elemMatch: { userId, left: false } },
    ...(mine !== "all" && { buildingId: { $in: mine } }),
  };
  const page = await findPage(conversations(db), filter, params, (one) => one, { key: "activity" });
  const people = await directoryOf(db, peopleIn(page.items));
  return { ...page, items: page.items.map((one) => viewConversation(one, people, userId)) };
});

export const getConversation = implement("community.getConversation", async ({ params, actor, store: { db } }) => {
  const found = await findConversation(db, params.id, actor);
  return viewConversation(found, await directoryOf(db, peopleIn([found])), actor.userId);
});

export const readConversation = implement("community.readConversation", async ({ params, actor, ifMatch, store }) => {
  const { id, upTo } = params;
  const { userId } = actor;
  const known = await findConversation(store.db, id, actor);
  const people = await directoryOf(store.db, peopleIn([known]));
  return store.inTransaction(async (tx) => {
    const old = await tx.collection<ConversationDoc>(CONVERSATIONS).findOne({ _id: id });
    if (!old) throw new NotFoundError("The conversation");
    checkVersion(old, ifMatch);
    const later = { conversationId: id, recipientIds: userId, _id: { $gt: upTo ?? "" } };
    const unread = upTo === undefined ? 0 : await tx.collection<MessageDoc>(CONTENT.message).countDocuments(later);
    const read = withRead(old, userId, unread, tx.now);
    await save(tx, CONVERSATIONS, read);
    return viewConversation(read, people, userId);
  });
});
