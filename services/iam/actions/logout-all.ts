import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { changeUser, endSessions } from "../repository.ts";

export const logoutAll = ({ sessionChanged }: IamDeps) =>
  implement("iam.logoutAll", async ({ actor, store }) => {
    await store.inTransaction(async (tx) => {
      await changeUser(tx, actor.userId, (user) => ({ sessionVersion: user.sessionVersion + 1 }));
      await endSessions(tx, actor.userId);
    });
    sessionChanged(actor.userId);
    return {};
  });
