/** A manager's decision about a booking that waits for it. */
import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { changeBooking } from "../change.ts";
import { decideApproval } from "../decisions.ts";
import type { SetTimer } from "../timers.ts";

export const approve = (setTimer: SetTimer) =>
  implement("booking.approve", (context) =>
    changeBooking(setTimer, context, {
      id: context.params.id,
      allowed: ({ buildingId }) => isManagerOf(context.actor, buildingId),
      decide: (booking, now) => decideApproval(booking, "confirmed", null, now),
    }),
  );

export const reject = (setTimer: SetTimer) =>
  implement("booking.reject", (context) =>
    changeBooking(setTimer, context, {
      id: context.params.id,
      allowed: ({ buildingId }) => isManagerOf(context.actor, buildingId),
      decide: (booking, now) => decideApproval(booking, "rejected", context.params.reason, now),
    }),
  );
