import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { EmailNotVerifiedError, WrongCredentialsError } from "../errors.ts";
import { normaliseEmail } from "../model.ts";
import { passwordMatches } from "../passwords.ts";
import { findUserByEmail, sessions } from "../repository.ts";
import { newSession } from "../sessions.ts";
import { guess, loginLimits } from "../tries.ts";

export const login = ({ secrets, ttlSeconds }: IamDeps) =>
  implement("iam.login", async ({ params, store, now, clientIp }) => {
    const email = normaliseEmail(params.email);
    const user = await findUserByEmail(store.db, email);
    // The same work whether the account exists or not.
    const isRight = () => passwordMatches(user?.passwordHash, params.password);
    if (!(await guess(store.db, loginLimits(email, clientIp), now, isRight)) || !user)
      throw new WrongCredentialsError();
    if (!user.emailVerifiedAt) throw new EmailNotVerifiedError();
    const { session, refreshToken } = newSession(user, now);
    const { tokens } = await secrets();
    const claims = { userId: user._id, sessionId: session._id, sessionVersion: user.sessionVersion };
    const [accessToken] = await Promise.all([tokens.access(claims, now), sessions(store.db).insertOne(session)]);
    return {
      accessToken,
      tokenType: "Bearer" as const,
      expiresIn: ttlSeconds,
      refreshToken,
    };
  });
