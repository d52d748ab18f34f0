import { newId } from "../../../mixins/kit/ids.ts";
import { type Call, implement } from "../../../mixins/kit/implement.ts";
import { UnitUnknownError } from "../errors.ts";
import { publishMentions, publishPost } from "../facts.ts";
import { resolveMentions } from "../mentions.ts";
import { newPost, type PostDoc } from "../model.ts";
import { placeOf } from "../place.ts";
import { CONTENT, directoryOf } from "../repository.ts";
import { viewPost } from "../views.ts";

export const createPost = implement("community.createPost", async ({ params, actor, call, store, now }) => {
  const { buildingId, ...asked } = params;
  const { userId } = actor;
  const post = newPost(newId(), asked, placeOf(actor, buildingId), actor, now);
  await checkUnits(post, call);
  const told = await resolveMentions(store.db, post, userId, post.mentions);
  const people = await directoryOf(store.db, [userId]);
  return store.inTransaction(async (tx) => {
    await tx.collection<PostDoc>(CONTENT.post).insertOne(post);
    publishPost(tx, "created", post, userId);
    publishMentions(tx, post, post, userId, told);
    return viewPost(post, people);
  });
});

/** @throws UnitUnknownError */
async function checkUnits({ buildingId, audience: { unitIds } }: PostDoc, call: Call): Promise<void> {
  if (unitIds.length === 0) return;
  const { known } = await call("residency.unitsOf", { buildingId, unitIds });
  const stranger = unitIds.findIndex((unitId) => !known.includes(unitId));
  if (stranger >= 0) throw new UnitUnknownError(stranger);
}
