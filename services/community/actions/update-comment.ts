import { checkVersion } from "../../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findComment } from "../access.ts";
import { saveEdit } from "../editing.ts";
import { publishComment, publishMentions } from "../facts.ts";
import { resolveMentions } from "../mentions.ts";
import { type CommentDoc, edit } from "../model.ts";
import { reconsider } from "../moderate.ts";
import { directoryOf, loadContent, viewerOf } from "../repository.ts";
import { viewComment } from "../views.ts";

export const updateComment = implement("community.updateComment", async ({ params, actor, ifMatch, store }) => {
  const { id, ...changes } = params;
  const { userId } = actor;
  const { comment, post } = await findComment(store.db, id, await viewerOf(store.db, actor));
  const fresh = (changes.mentions ?? []).filter((one) => !comment.mentions.includes(one));
  const told = await resolveMentions(store.db, post, userId, fresh);
  const people = await directoryOf(store.db, [userId]);
  return store.inTransaction(async (tx) => {
    const before = (await loadContent(tx, "comment", id)) as CommentDoc | null;
    if (!before) throw new NotFoundError("The comment");
    checkVersion(before, ifMatch);
    const after = edit(before, changes, actor, tx.now);
    await saveEdit(tx, "comment", before, after);
    publishComment(tx, "updated", after, post, userId);
    const judged = await reconsider(tx, "comment", after);
    if (judged.status === "visible") publishMentions(tx, judged, post, userId, told);
    return viewComment(judged, people, true);
  });
});
