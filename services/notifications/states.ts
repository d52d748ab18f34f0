import { type StateOf, stateMachine } from "../../mixins/kit/states.ts";

/**
 * Of one notification to one person by one channel. In the app it is sent at once; `dropped`: no longer wanted, or no
 * longer needed, when its time came.
 */
export const notificationStates = stateMachine(["queued", "sent"], {
  queued: ["sent", "failed", "dropped"],
  sent: [],
  failed: [],
  dropped: [],
});
export type NotificationStatus = StateOf<typeof notificationStates>;
