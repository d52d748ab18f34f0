import { implement } from "../../../mixins/kit/implement.ts";
import { erasePerson } from "../../../mixins/privacy/erase.ts";
import type { IamDeps } from "../deps.ts";
import { SessionEndedError } from "../errors.ts";
import { FORGET_ADDRESS } from "../forget-address.ts";
import { isAdminGrant, type SessionDoc, type UserDoc } from "../model.ts";
import { keepAnAdmin } from "../repository.ts";

/** The account is gone at once; every other service forgets the person when it hears of it. */
export const deleteMe = ({ sessionChanged, jobs }: IamDeps) =>
  implement("iam.deleteMe", async ({ actor, store, registry }) => {
    const { userId } = actor;
    await store.inTransaction(async (tx) => {
      const users = tx.collection<UserDoc>("users");
      const user = await users.findOne({ _id: userId });
      if (!user) throw new SessionEndedError();
      await users.deleteOne({ _id: userId });
      if (user.roles.some(isAdminGrant)) await keepAnAdmin(tx);
      await tx.collection<SessionDoc>("sessions").deleteMany({ userId });
      const version = user.version + 1;
      await erasePerson(tx, registry, userId);
      await jobs.schedule(tx, { kind: FORGET_ADDRESS, key: userId, data: { email: user.email } });
      tx.publish("user.deleted", { userId, version }, { aggregateId: userId, aggregateVersion: version });
    });
    sessionChanged(userId);
    return {};
  });
