/** What the caller has reported. */
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { viewFlag } from "../moderation.ts";
import { flags, options } from "../repository.ts";

export const listFlags = implement("community.listFlags", ({ params, actor, store }) =>
  findPage(flags(store.db), { reporterId: actor.userId }, params, viewFlag),
);

export const getFlag = implement("community.getFlag", async ({ params, actor, store }) => {
  const flag = await flags(store.db).findOne({ _id: params.id, reporterId: actor.userId }, options);
  if (!flag) throw new NotFoundError("The report");
  return viewFlag(flag);
});
