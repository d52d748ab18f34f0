import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { EmailNotVerifiedError, WrongCredentialsError } from "../errors.ts";
import { normaliseEmail, type SessionDoc } from "../model.ts";
import { passwordMatches } from "../passwords.ts";
import { findUserByEmail } from "../repository.ts";
import { newSession } from "../sessions.ts";
import { countTry, forgetTries, loginLimits } from "../tries.ts";

export const login = ({ secrets, ttlSeconds }: IamDeps) =>
  implement("iam.login", async ({ params, store, now, clientIp }) => {
    const limits = loginLimits(normaliseEmail(params.email), clientIp);
    await countTry(store.db, limits, now);
    const user = await findUserByEmail(store.db, normaliseEmail(params.email));
    // The same work whether the account exists or not.
    if (!(await passwordMatches(user?.passwordHash, params.password)) || !user) throw new WrongCredentialsError();
    if (!user.emailVerifiedAt) throw new EmailNotVerifiedError();
    await forgetTries(store.db, limits);
    const { session, refreshToken } = newSession(user, now);
    await store.inTransaction((tx) => tx.collection<SessionDoc>("sessions").insertOne(session));
    const { tokens } = await secrets();
    const claims = { userId: user._id, sessionId: session._id, sessionVersion: user.sessionVersion };
    return {
      accessToken: await tokens.access(claims, now),
      tokenType: "Bearer" as const,
      expiresIn: ttlSeconds,
      refreshToken,
    };
  });
