import type { Db } from "mongodb";
import { type Actor, buildingsOf, isManagerOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import type { ContentDoc, PostDoc } from "../model.ts";
import { type CaseDoc, viewCase } from "../moderation.ts";
import { viewAuthor } from "../people.ts";
import { CONTENT, cases, directoryOf, options } from "../repository.ts";

export const listCases = implement("community.listCases", async ({ params, actor, store: { db } }) => {
  const { buildingId, status, ...request } = params;
  const filter = { ...managedBy(actor, buildingId), ...(status !== undefined && { status }) };
  const page = await findPage(cases(db), filter, request, (one) => one);
  const contents = await contentsOf(db, page.items);
  const people = await directoryOf(
    db,
    [...contents.values()].map(({ authorId }) => authorId),
  );
  const items = page.items.map((one) => {
    const doc = contents.get(one.contentId);
    const author = viewAuthor({ authorId: doc?.authorId ?? null, buildingId: one.buildingId }, people);
    const { title = null } = (doc ?? {}) as Partial<PostDoc>;
    return { ...viewCase(one), content: { ...author, title, body: doc?.body ?? "", status: doc?.status ?? "removed" } };
  });
  return { items, nextCursor: page.nextCursor };
});

/** @throws NotFoundError for a building that they do not manage */
function managedBy(actor: Actor, buildingId: string | undefined): { buildingId?: string | { $in: string[] } } {
  if (buildingId !== undefined) {
    if (!isManagerOf(actor, buildingId)) throw new NotFoundError("The building");
    return { buildingId };
  }
  const mine = buildingsOf(actor);
  return mine === "all" ? {} : { buildingId: { $in: mine.filter((id) => isManagerOf(actor, id)) } };
}

async function contentsOf(db: Db, of: readonly CaseDoc[]): Promise<Map<string, ContentDoc>> {
  const found = await Promise.all(
    Object.entries(CONTENT).map(([contentType, name]) => {
      const ids = of.filter((one) => one.contentType === contentType).map(({ contentId }) => contentId);
      if (ids.length === 0) return [];
      return db
        .collection<ContentDoc>(name)
        .find({ _id: { $in: ids } }, options)
        .toArray();
    }),
  );
  return new Map(found.flat().map((doc) => [doc._id, doc]));
}
