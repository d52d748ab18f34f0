import { implement } from "../../../mixins/kit/implement.ts";
import { changeBooking } from "../change.ts";
import { cancel as decide } from "../decisions.ts";
import type { SetTimer } from "../timers.ts";

export const cancel = (setTimer: SetTimer) =>
  implement("booking.cancel", (context) => {
    const { params, actor } = context;
    return changeBooking(setTimer, context, {
      id: params.id,
      decide: (booking, now) => decide(booking, actor, params.reason, now),
    });
  });
