import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { AlreadyVerifiedError, VerificationTokenError } from "../errors.ts";
import { viewUser } from "../model.ts";
import { changeUser } from "../repository.ts";

export const verifyEmail = ({ secrets }: IamDeps) =>
  implement("iam.verifyEmail", async ({ params, store, now }) => {
    const { tokens } = await secrets();
    const { userId, email } = await tokens.readVerification(params.token, now);
    const user = await store.inTransaction((tx) =>
      changeUser(tx, userId, (found) => {
        if (found.email !== email) throw new VerificationTokenError();
        if (found.emailVerifiedAt) throw new AlreadyVerifiedError();
        return { emailVerifiedAt: now };
      }),
    );
    return viewUser(user);
  });
