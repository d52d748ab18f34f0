import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import type { SessionDoc } from "../model.ts";
import { changeUser } from "../repository.ts";

export const logoutAll = ({ sessionChanged }: IamDeps) =>
  implement("iam.logoutAll", async ({ actor, store, now }) => {
    await store.inTransaction(async (tx) => {
      await changeUser(tx, actor.userId, (user) => ({ sessionVersion: user.sessionVersion + 1 }));
      await tx
        .collection<SessionDoc>("sessions")
        .updateMany({ userId: actor.userId, endedAt: null }, { $set: { endedAt: now } });
    });
    sessionChanged(actor.userId);
    return {};
  });
