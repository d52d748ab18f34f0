import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { ResetTokenError } from "../errors.ts";
import { checkPassword } from "../password-strength.ts";
import { fingerprintOf, hashPassword } from "../passwords.ts";
import { changeUser, endSessions, findUser } from "../repository.ts";

export const resetPassword = ({ secrets, sessionChanged }: IamDeps) =>
  implement("iam.resetPassword", async ({ params, store, now }) => {
    const { tokens } = await secrets();
    const { userId, password } = await tokens.readReset(params.token, now);
    const known = await findUser(store.db, userId);
    if (!known || fingerprintOf(known.passwordHash) !== password) throw new ResetTokenError();
    await checkPassword(params.password, [known.email, known.displayName]);
    const passwordHash = await hashPassword(params.password);
    await store.inTransaction(async (tx) => {
      await changeUser(tx, userId, (user) => {
        // Two resets with one token: the second finds another password.
        if (fingerprintOf(user.passwordHash) !== password) throw new ResetTokenError();
        // Who reads the mail owns the address.
        const emailVerifiedAt = user.emailVerifiedAt ?? now;
        return { passwordHash, emailVerifiedAt, sessionVersion: user.sessionVersion + 1 };
      });
      await endSessions(tx, userId);
    });
    sessionChanged(userId);
    return {};
  });
