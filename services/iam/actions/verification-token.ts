import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { findUser } from "../repository.ts";
import { VERIFICATION_LIFE_S } from "../tokens.ts";

export const verificationToken = ({ secrets }: IamDeps) =>
  implement("iam.verificationToken", async ({ params, store, now }) => {
    const user = await findUser(store.db, params.userId);
    if (!user) throw new NotFoundError("The user");
    const { tokens } = await secrets();
    return {
      alreadyVerified: user.emailVerifiedAt !== null,
      token: await tokens.verification(user._id, user.email, now),
      email: user.email,
      expiresAt: new Date(now.getTime() + VERIFICATION_LIFE_S * 1000).toISOString(),
    };
  });
