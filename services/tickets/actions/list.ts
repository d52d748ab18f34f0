import type { Filter } from "mongodb";
import { type Actor, isResidentOf, isStaffOf, visibleTo } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type TicketDoc, viewTicket } from "../model.ts";

export const list = implement("tickets.list", async ({ params, actor, reads }) => {
  const { buildingId, status, assigneeId } = params;
  const filter: Filter<TicketDoc> = {
    ...visible(actor, buildingId),
    ...(status !== undefined && { status }),
    ...(assigneeId !== undefined && { assigneeId }),
  };
  return reads.page(filter, params, viewTicket);
});

/** What the caller may see, inside the query. @throws NotFoundError for a building that is not theirs */
function visible(actor: Actor, buildingId: string | undefined): Filter<TicketDoc> {
  if (buildingId === undefined) return visibleTo(actor, "reporterId");
  if (isStaffOf(actor, buildingId)) return { buildingId };
  if (isResidentOf(actor, buildingId)) return { buildingId, reporterId: actor.userId };
  throw new NotFoundError("The building");
}
