import type { Filter } from "mongodb";
import { type Actor, isResidentOf, isStaffOf, visibleTo } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type BookingDoc, viewBooking } from "../model.ts";

export const list = implement("booking.list", async ({ params, actor, reads }) => {
  const { buildingId, resourceId, status, from, to } = params;
  const filter: Filter<BookingDoc> = {
    ...visible(actor, buildingId),
    ...(resourceId !== undefined && { resourceId }),
    ...(status !== undefined && { status }),
    ...(from !== undefined && { to: { $gt: new Date(from) } }),
    ...(to !== undefined && { from: { $lt: new Date(to) } }),
  };
  return reads.page(filter, params, viewBooking);
});

/** What the caller may see, inside the query. @throws NotFoundError for a building that is not theirs */
function visible(actor: Actor, buildingId: string | undefined): Filter<BookingDoc> {
  if (buildingId === undefined) return visibleTo(actor, "userId");
  if (isStaffOf(actor, buildingId)) return { buildingId };
  if (isResidentOf(actor, buildingId)) return { buildingId, userId: actor.userId };
  throw new NotFoundError("The building");
}
