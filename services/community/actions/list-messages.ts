import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { findConversation } from "../access.ts";
import { directoryOf, messages } from "../repository.ts";
import { viewMessage } from "../views.ts";

/** Those that the caller has sent or got: what came over a block is left out by the query itself. */
export const listMessages = implement("community.listMessages", async ({ params, actor, store: { db } }) => {
  const { id, ...request } = params;
  const { userId } = actor;
  await findConversation(db, id, actor);
  const own = { conversationId: id, $or: [{ authorId: userId }, { recipientIds: userId }] };
  const page = await findPage(messages(db), own, request, (one) => one);
  const people = await directoryOf(
    db,
    page.items.map(({ authorId }) => authorId),
  );
  const readable = (status: string, authorId: string | null) =>
    status === "visible" || (status === "hidden" && authorId === userId);
  const items = page.items.map((one) => viewMessage(one, people, readable(one.status, one.authorId)));
  return { items, nextCursor: page.nextCursor };
});
