import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { type ActionContext, implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { findContent } from "../access.ts";
import { NotAuthorError } from "../errors.ts";
import type { ContentType } from "../model.ts";
import { revisions } from "../repository.ts";
import { viewRevision } from "../views.ts";

type Context = Pick<ActionContext<"community.listPostRevisions">, "params" | "actor" | "store">;

async function listRevisions({ params, actor, store: { db } }: Context, contentType: ContentType) {
  const { id, ...request } = params;
  const doc = await findContent(db, contentType, id, actor);
  const own = doc.authorId === actor.userId && doc.status !== "removed";
  if (!own && !isManagerOf(actor, doc.buildingId)) throw new NotAuthorError("see earlier texts");
  return findPage(revisions(db), { contentId: id }, request, viewRevision);
}

export const listPostRevisions = implement("community.listPostRevisions", (context) => listRevisions(context, "post"));
export const listCommentRevisions = implement("community.listCommentRevisions", (context) =>
  listRevisions(context, "comment"),
);
