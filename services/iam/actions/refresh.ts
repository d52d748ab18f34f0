import { implement, type Store } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { RefreshReusedError, SessionEndedError } from "../errors.ts";
import { refreshVerdict, type SessionDoc } from "../model.ts";
import { endSession, findUser } from "../repository.ts";
import { hashToken, sessionIdOf } from "../sessions.ts";

export const refresh = ({ secrets, sessionChanged, ttlSeconds }: IamDeps) =>
  implement("iam.refresh", async ({ params, store, now }) => {
    const { tokens, keys } = await secrets();
    const successor = keys.successor(params.refreshToken);
    const { verdict, session } = await rotate(store, params.refreshToken, successor, now);
    if (verdict === "reused") {
      sessionChanged(session.userId);
      throw new RefreshReusedError();
    }
    const user = await findUser(store.db, session.userId);
    // A log-in that was under way while the password was changed has a session of the account as it was.
    if (!user || (session.sessionVersion ?? user.sessionVersion) !== user.sessionVersion) throw new SessionEndedError();
    const claims = { userId: user._id, sessionId: session._id, sessionVersion: user.sessionVersion };
    return {
      accessToken: await tokens.access(claims, now),
      tokenType: "Bearer" as const,
      expiresIn: ttlSeconds,
      refreshToken: successor,
    };
  });

/** The end of a re-used family is committed, so it is returned and not thrown. @throws SessionEndedError */
function rotate(store: Store<"iam">, token: string, successor: string, now: Date) {
  return store.inTransaction(async (tx) => {
    const collection = tx.collection<SessionDoc>("sessions");
    const session = await collection.findOne({ _id: sessionIdOf(token) });
    if (!session) throw new SessionEndedError();
    const hash = hashToken(token);
    const verdict = refreshVerdict(session, hash, now);
    if (verdict === "ended") throw new SessionEndedError();
    if (verdict === "reused") await endSession(tx, session._id);
    if (verdict === "rotate") {
      const next = { tokenHash: hashToken(successor), previousHash: hash, rotatedAt: now };
      await collection.updateOne({ _id: session._id, tokenHash: hash }, { $set: next });
    }
    return { verdict, session };
  });
}
