import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { TooManyTriesError } from "../errors.ts";
import { normaliseEmail } from "../model.ts";
import { RESET } from "../reset.ts";
import { countTry, resetLimit } from "../tries.ts";

/** The same work and answer for every address: whether there is an account is looked up later, by a job. */
export const forgotPassword = ({ jobs }: IamDeps) =>
  implement("iam.forgotPassword", async ({ params, store, now }) => {
    const email = normaliseEmail(params.email);
    try {
      await countTry(store.db, resetLimit(email), now);
    } catch (error) {
      // Enough e-mails are on their way.
      if (error instanceof TooManyTriesError) return {};
      throw error;
    }
    await store.inTransaction((tx) => jobs.schedule(tx, { kind: RESET, key: email, data: { email } }));
    return {};
  });
