/** Every step that there is; who may take which is the model's. */
import { stateMachine } from "../../mixins/kit/states.ts";

export const ticketStates = stateMachine(["open"], {
  open: ["in_progress", "deferred", "cancelled"],
  in_progress: ["deferred", "resolved", "open", "cancelled"],
  deferred: ["open", "cancelled"],
  resolved: ["closed", "open"],
  closed: [],
  cancelled: [],
});
