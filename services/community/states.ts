/** The states of what community keeps, and every step between them. What is not here is illegal. */
import { stateMachine } from "../../mixins/kit/states.ts";

/** Of posts, comments and messages. Removed is final. */
export const content = stateMachine(["visible"], {
  visible: ["hidden", "removed"],
  hidden: ["visible", "removed"],
  removed: [],
});

/** Of a moderation case: approved shows the content again, rejected leaves it hidden, removed takes it away. */
export const moderationCase = stateMachine(["pending"], {
  pending: ["approved", "rejected", "removed"],
  approved: [],
  rejected: [],
  removed: [],
});

/** Of a flag: its reporter was right, was not, or the content went before anybody had decided. */
export const flag = stateMachine(["open"], {
  open: ["upheld", "dismissed", "lapsed"],
  upheld: [],
  dismissed: [],
  lapsed: [],
});
