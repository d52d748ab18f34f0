/** Three kinds of content, one way to take them away. */
import { checkVersion } from "../../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { type ActionContext, implement } from "../../../mixins/kit/implement.ts";
import { findContent } from "../access.ts";
import { type ContentType, remove } from "../model.ts";
import { closeCase, saveStep } from "../moderate.ts";
import { loadContent } from "../repository.ts";

type Context = Pick<ActionContext<"community.deletePost">, "params" | "actor" | "ifMatch" | "store">;

async function removeContent({ params, actor, ifMatch, store }: Context, contentType: ContentType) {
  const { id } = params;
  await findContent(store.db, contentType, id, actor);
  await store.inTransaction(async (tx) => {
    const before = await loadContent(tx, contentType, id);
    if (!before) throw new NotFoundError(`The ${contentType}`);
    checkVersion(before, ifMatch);
    const after = { ...remove(before, contentType, actor, tx.now), flagScore: 0 };
    await saveStep(tx, contentType, before, after, actor.userId);
    const own = before.authorId === actor.userId;
    const by = { actorId: actor.userId, note: own ? "Removed by its author." : "Removed by a manager." };
    await closeCase(tx, { contentType, contentId: id }, by, own ? "lapsed" : "upheld");
  });
  return {};
}

export const deletePost = implement("community.deletePost", (context) => removeContent(context, "post"));
export const deleteComment = implement("community.deleteComment", (context) => removeContent(context, "comment"));
export const deleteMessage = implement("community.deleteMessage", (context) => removeContent(context, "message"));
