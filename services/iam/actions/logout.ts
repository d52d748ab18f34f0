import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { endSession } from "../repository.ts";

export const logout = ({ sessionChanged }: IamDeps) =>
  implement("iam.logout", async ({ actor, store }) => {
    await store.inTransaction((tx) => endSession(tx, actor.sessionId));
    sessionChanged(actor.userId);
    return {};
  });
