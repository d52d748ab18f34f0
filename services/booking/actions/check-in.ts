import { implement } from "../../../mixins/kit/implement.ts";
import { changeBooking } from "../change.ts";
import { checkIn as decide } from "../decisions.ts";
import type { SetTimer } from "../timers.ts";

export const checkIn = (setTimer: SetTimer) =>
  implement("booking.checkIn", (context) => changeBooking(setTimer, context, { id: context.params.id, decide }));
