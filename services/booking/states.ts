import { stateMachine } from "../../mixins/kit/states.ts";

/** A free booking that needs nobody's approval begins as confirmed. */
export const bookingStates = stateMachine(["pending_payment", "pending_approval", "confirmed"], {
  pending_payment: ["confirmed", "pending_approval", "expired", "cancelled"],
  pending_approval: ["confirmed", "rejected", "expired", "cancelled"],
  confirmed: ["checked_in", "completed", "cancelled", "no_show", "pending_approval"],
  checked_in: ["completed", "cancelled"],
  completed: [],
  cancelled: [],
  rejected: [],
  expired: [],
  no_show: [],
});
