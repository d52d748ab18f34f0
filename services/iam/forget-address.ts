/** The job that has a deleted account's address struck off the lists of those who only know the address. */
import { type JobKind, untilDone } from "../../mixins/jobs/job.ts";
import type { Call } from "../../mixins/kit/implement.ts";

export const FORGET_ADDRESS = "forget-address";

/** Until it is done the address is in the job, and nowhere else. */
export const forgetAddress = (call: Call): JobKind<"iam", { email: string }> => ({
  kind: FORGET_ADDRESS,
  async run({ data: { email } }) {
    await call("residency.forgetAddress", { email });
    return async () => {};
  },
  ...untilDone,
});
