import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { checkVersion } from "../../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPost } from "../access.ts";
import { saveEdit } from "../editing.ts";
import { ManagersOnlyError } from "../errors.ts";
import { publishMentions, publishPost } from "../facts.ts";
import { resolveMentions } from "../mentions.ts";
import { edit, type PostDoc } from "../model.ts";
import { reconsider } from "../moderate.ts";
import { directoryOf, loadContent, viewerOf } from "../repository.ts";
import { viewPost } from "../views.ts";

export const updatePost = implement("community.updatePost", async ({ params, actor, ifMatch, store }) => {
  const { id, ...changes } = params;
  const { userId } = actor;
  const known = await findPost(store.db, id, await viewerOf(store.db, actor));
  const fresh = (changes.mentions ?? []).filter((one) => !known.mentions.includes(one));
  const told = await resolveMentions(store.db, known, userId, fresh);
  const people = await directoryOf(store.db, [userId]);
  return store.inTransaction(async (tx) => {
    const before = (await loadContent(tx, "post", id)) as PostDoc | null;
    if (!before) throw new NotFoundError("The post");
    checkVersion(before, ifMatch);
    // Who was a manager has written it in the house's name.
    if (before.kind !== "post" && !isManagerOf(actor, before.buildingId))
      throw new ManagersOnlyError("change announcements");
    const after = edit(before, { ...changes, summary: null }, actor, tx.now);
    await saveEdit(tx, "post", before, after);
    publishPost(tx, "updated", after, userId);
    const judged = await reconsider(tx, "post", after);
    if (judged.status === "visible") publishMentions(tx, judged, judged, userId, told);
    return viewPost(judged, people);
  });
});
