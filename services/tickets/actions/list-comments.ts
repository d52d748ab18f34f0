import { isStaffOf } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { viewComment } from "../model.ts";
import { comments, findVisible } from "../repository.ts";

/** Internal ones are left out by the query itself. */
export const listComments = implement("tickets.listComments", async ({ params, actor, store }) => {
  const { id } = params;
  const ticket = await findVisible(store.db, id, actor);
  const seen = isStaffOf(actor, ticket.buildingId) ? {} : { visibility: "public" as const };
  return findPage(comments(store.db), { ticketId: id, ...seen }, params, viewComment);
});
