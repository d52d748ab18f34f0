/** The job behind "forgot password": publishes the wish, where there is an account. */
import type { Db } from "mongodb";
import { type JobKind, untilDone } from "../../mixins/jobs/job.ts";
import { newId } from "../../mixins/kit/ids.ts";
import { findUserByEmail } from "./repository.ts";

export const RESET = "reset";

export const resetJob = (db: Db): JobKind<"iam", { email: string }> => ({
  kind: RESET,
  async run({ data }) {
    const user = await findUserByEmail(db, data.email);
    if (!user) return async () => {};
    return async (tx) => {
      const resetId = newId();
      tx.publish(
        "password_reset.created",
        { resetId, userId: user._id },
        { aggregateId: resetId, aggregateVersion: 1 },
      );
    };
  },
  ...untilDone,
});
