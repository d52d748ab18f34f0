import { visibleTo } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { viewThing } from "../model.ts";

/** What the caller may see is part of the query itself. */
export const list = implement("things.list", ({ params, actor, reads }) => {
  const { status, ...request } = params;
  return reads.page({ ...visibleTo(actor, "ownerId"), ...(status !== undefined && { status }) }, request, viewThing);
});
