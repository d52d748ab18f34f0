import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { SessionEndedError, WrongPasswordError } from "../errors.ts";
import { checkPassword } from "../password-strength.ts";
import { hashPassword, passwordMatches } from "../passwords.ts";
import { changeUser, endSessions, findUser } from "../repository.ts";
import { guess, loginLimits } from "../tries.ts";

export const changePassword = ({ sessionChanged }: IamDeps) =>
  implement("iam.changePassword", async ({ params, actor, store, now, clientIp }) => {
    const { userId } = actor;
    const known = await findUser(store.db, userId);
    if (!known) throw new SessionEndedError();
    // A stolen session is no way to guess the password either.
    const limits = loginLimits(known.email, clientIp);
    const isRight = () => passwordMatches(known.passwordHash, params.currentPassword);
    if (!(await guess(store.db, limits, now, isRight))) throw new WrongPasswordError();
    await checkPassword(params.newPassword, [known.email, known.displayName], "newPassword");
    const passwordHash = await hashPassword(params.newPassword);
    await store.inTransaction(async (tx) => {
      await changeUser(tx, userId, (user) => {
        if (user.passwordHash !== known.passwordHash) throw new WrongPasswordError();
        return { passwordHash, sessionVersion: user.sessionVersion + 1 };
      });
      await endSessions(tx, userId);
    });
    sessionChanged(userId);
    return {};
  });
