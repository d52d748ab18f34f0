import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { SessionEndedError } from "../errors.ts";
import { actorOf } from "../model.ts";
import { findSession, findUser } from "../repository.ts";

/** The hot path of every request: a cached answer, or one signature check and two reads by key. */
export const authenticate = ({ secrets, cache }: IamDeps) =>
  implement("iam.authenticate", async ({ params, store, now }) => {
    const cached = cache.get(params.token);
    if (cached) return cached;
    const { tokens } = await secrets();
    const { userId, sessionId, sessionVersion } = await tokens.readAccess(params.token, now);
    const [session, user] = await Promise.all([findSession(store.db, sessionId), findUser(store.db, userId)]);
    const ended = !session || session.endedAt !== null || session.expiresAt <= now || session.userId !== userId;
    if (ended || !user || user.sessionVersion !== sessionVersion) throw new SessionEndedError();
    const actor = actorOf(user, sessionId);
    cache.set(params.token, actor);
    return actor;
  });
