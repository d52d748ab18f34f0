import { isStaffOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { canSee, type TicketDoc, viewComment } from "../model.ts";
import { comments } from "../repository.ts";

/** Internal ones are left out by the query itself. */
export const listComments = implement("tickets.listComments", async ({ params, actor, reads, store }) => {
  const { id } = params;
  const ticket = await reads.byId<TicketDoc>(id);
  if (!ticket || !canSee(actor, ticket)) throw new NotFoundError("The ticket");
  const seen = isStaffOf(actor, ticket.buildingId) ? {} : { visibility: "public" as const };
  return findPage(comments(store.db), { ticketId: id, ...seen }, params, viewComment);
});
