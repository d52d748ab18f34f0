/** Whom the caller does not want to hear from. */
import type { Db } from "mongodb";
import { type Actor, belongsTo } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { type BlockDoc, blockId, viewBlock } from "../conversations.ts";
import { OwnSelfError } from "../errors.ts";
import { buildingsWith, type Directory } from "../people.ts";
import { BLOCKS, blocks, directoryOf, options } from "../repository.ts";

/** Of neighbours; a block of somebody else does not tell what they are called. */
async function sharedNames(db: Db, actor: Actor, ids: readonly string[]): Promise<Directory> {
  const known = await directoryOf(db, ids);
  return new Map([...known].filter(([, person]) => buildingsWith(person).some((id) => belongsTo(actor, id))));
}

/** Anybody may be blocked, known here or not: nothing is told about them. */
export const block = implement("community.block", async ({ params, actor, store }) => {
  const { userId: blockedId } = params;
  const { userId: blockerId } = actor;
  if (blockedId === blockerId) throw new OwnSelfError("/userId");
  const _id = blockId(blockerId, blockedId);
  const people = await sharedNames(store.db, actor, [blockedId]);
  return store.inTransaction(async (tx) => {
    const fields = { blockerId, blockedId, createdAt: tx.now };
    const found = await tx
      .collection<BlockDoc>(BLOCKS)
      .findOneAndUpdate({ _id }, { $setOnInsert: fields }, { upsert: true });
    return viewBlock(found ?? { _id, ...fields }, people);
  });
});

export const unblock = implement("community.unblock", async ({ params, actor, store }) => {
  await store.inTransaction(async (tx) => {
    await tx.collection<BlockDoc>(BLOCKS).deleteOne({ _id: blockId(actor.userId, params.userId) });
  });
  return {};
});

export const getBlock = implement("community.getBlock", async ({ params, actor, store: { db } }) => {
  const found = await blocks(db).findOne({ _id: blockId(actor.userId, params.userId) }, options);
  if (!found) throw new NotFoundError("The block");
  return viewBlock(found, await sharedNames(db, actor, [found.blockedId]));
});

export const listBlocks = implement("community.listBlocks", async ({ params, actor, store: { db } }) => {
  const page = await findPage(blocks(db), { blockerId: actor.userId }, params, (one) => one);
  const people = await sharedNames(
    db,
    actor,
    page.items.map(({ blockedId }) => blockedId),
  );
  return { ...page, items: page.items.map((one) => viewBlock(one, people)) };
});
