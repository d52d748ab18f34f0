/** Somebody leaves a building, or for good. */
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { type BlockDoc, type ConversationDoc, withoutPerson } from "./conversations.ts";
import type { ContentDoc, MessageDoc, RevisionDoc } from "./model.ts";
import type { CaseDoc, FlagDoc } from "./moderation.ts";
import { BLOCKS, CASES, CONTENT, CONVERSATIONS, FLAGS, REVISIONS } from "./repository.ts";

type CommunityTx = Tx<"community">;

/** Takes them out of the conversations of the building, or, without one, of all. */
async function leave(tx: CommunityTx, userId: string, where: { buildingId?: string }, forget: boolean): Promise<void> {
  const conversations = tx.collection<ConversationDoc>(CONVERSATIONS);
  const found = await conversations.find({ ...where, "participants.userId": userId }).toArray();
  for (const old of found) {
    const { _id, ...fields } = withoutPerson(old, userId, tx.now, { forget });
    await conversations.updateOne({ _id }, { $set: fields, $unset: { pair: "" } });
  }
}

export const leaveBuilding = (tx: CommunityTx, userId: string, buildingId: string): Promise<void> =>
  leave(tx, userId, { buildingId }, false);

/** What was written stays, under "former resident"; what was removed, and what only they had use for, goes. */
export async function forget(tx: CommunityTx, userId: string): Promise<void> {
  await leave(tx, userId, {}, true);
  const written = { authorId: userId };
  for (const name of Object.values(CONTENT)) {
    const collection = tx.collection<ContentDoc & { title?: string }>(name);
    await collection.updateMany(
      { ...written, status: "removed" },
      { $set: { body: "", ...(name === CONTENT.post && { title: "" }) } },
    );
    await collection.updateMany(written, { $set: { authorId: null }, $inc: { version: 1 } });
    if (name !== CONTENT.message)
      await collection.updateMany({ mentions: userId }, { $pull: { mentions: userId }, $inc: { version: 1 } });
  }
  await tx
    .collection<MessageDoc>(CONTENT.message)
    .updateMany({ recipientIds: userId }, { $pull: { recipientIds: userId } });
  await tx.collection<RevisionDoc>(REVISIONS).deleteMany(written);
  await tx
    .collection<FlagDoc>(FLAGS)
    .updateMany({ reporterId: userId }, { $set: { reporterId: null }, $unset: { open: "" } });
  await tx.collection<CaseDoc>(CASES).updateMany({ decidedBy: userId }, { $set: { decidedBy: null } });
  await tx.collection<BlockDoc>(BLOCKS).deleteMany({ $or: [{ blockerId: userId }, { blockedId: userId }] });
}
