import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { fingerprintOf } from "../passwords.ts";
import { findUser } from "../repository.ts";
import { RESET_LIFE_S } from "../tokens.ts";

export const resetToken = ({ secrets }: IamDeps) =>
  implement("iam.resetToken", async ({ params, store, now }) => {
    const user = await findUser(store.db, params.userId);
    if (!user) throw new NotFoundError("The user");
    const { tokens } = await secrets();
    return {
      token: await tokens.reset(user._id, fingerprintOf(user.passwordHash), now),
      expiresAt: new Date(now.getTime() + RESET_LIFE_S * 1000).toISOString(),
    };
  });
