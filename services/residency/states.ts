import { stateMachine } from "../../mixins/kit/states.ts";

/** With a code, or a contact of the manager's, a claim begins as verified. */
export const residencyStates = stateMachine(["pending", "verified"], {
  pending: ["verified", "rejected"],
  verified: ["ended", "revoked"],
  rejected: [],
  ended: [],
  revoked: [],
});
