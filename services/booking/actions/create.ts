import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { claimSpan, inTurn, takeQuota } from "../book.ts";
import { newBooking } from "../decisions.ts";
import { ResourceInactiveError } from "../errors.ts";
import { publishCreated } from "../facts.ts";
import { type BookingDoc, bookerOf, viewBooking } from "../model.ts";
import { BOOKINGS, findResource } from "../repository.ts";
import type { SetTimer } from "../timers.ts";
import { checkSpan, readSpan } from "../times.ts";

export const create = (setTimer: SetTimer) =>
  implement("booking.create", async ({ params, actor, store, now, call }) => {
    const resource = await findResource(store.db, params.resourceId, actor);
    if (resource.status !== "active") throw new ResourceInactiveError();
    const span = checkSpan(resource, readSpan(params, resource.timeZone), now);
    const booker = bookerOf(actor, resource.buildingId);
    // Residency knows of an end before it has got round to everybody.
    if (!booker.staff && booker.unitId !== null) {
      const { unitIds } = await call("residency.homes", { userId: booker.userId, buildingId: resource.buildingId });
      if (!unitIds.includes(booker.unitId)) throw new NotFoundError("The resource");
    }
    const id = newId();
    return inTurn(store, resource, span, async (tx) => {
      // First of all, so that who comes second hears it at once.
      await claimSpan(tx, id, resource, span);
      const made = newBooking(id, resource, booker, span, tx.now);
      const counts = resource.quotaPerWeek !== null && !booker.staff;
      const booking: BookingDoc = { ...made, ...(counts && { quota: await takeQuota(tx, resource, made) }) };
      await tx.collection<BookingDoc>(BOOKINGS).insertOne(booking);
      publishCreated(tx, booking, actor.userId);
      await setTimer(tx, booking);
      return viewBooking(booking);
    });
  });
