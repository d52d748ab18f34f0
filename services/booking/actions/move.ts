import { implement } from "../../../mixins/kit/implement.ts";
import { claimSpan, inTurn, takeQuota } from "../book.ts";
import { checkMovable, move as decide } from "../decisions.ts";
import { ResourceInactiveError } from "../errors.ts";
import { publishMoved } from "../facts.ts";
import { viewBooking } from "../model.ts";
import { findBooking, findResource, readForChange, saveBooking } from "../repository.ts";
import type { SetTimer } from "../timers.ts";
import { checkSpan, readSpan } from "../times.ts";

export const move = (setTimer: SetTimer) =>
  implement("booking.move", async ({ params, actor, ifMatch, store, now }) => {
    const { id } = params;
    const { resourceId } = await findBooking(store.db, id, actor);
    // Who may not book it any more does not move to another time of it.
    const resource = await findResource(store.db, resourceId, actor);
    const span = readSpan(params, resource.timeZone);
    return inTurn(store, resource, span, async (tx) => {
      const before = await readForChange(tx, { id, actor, ifMatch });
      checkMovable(before, tx.now);
      if (resource.status !== "active") throw new ResourceInactiveError();
      const moved = decide(before, resource, checkSpan(resource, span, now), actor, tx.now);
      await claimSpan(tx, id, resource, span);
      const { quota, ...rest } = moved;
      const counts = quota !== undefined && resource.quotaPerWeek !== null;
      const after = { ...rest, ...(counts && { quota: await takeQuota(tx, resource, moved) }) };
      await saveBooking(tx, after);
      publishMoved(tx, before, after, actor.userId);
      await setTimer(tx, after);
      return viewBooking(after);
    });
  });
