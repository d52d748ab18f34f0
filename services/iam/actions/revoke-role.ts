import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { OwnRoleError } from "../errors.ts";
import { roleGrant, sameGrant } from "../model.ts";
import { changeUser, endSessions, keepAnAdmin } from "../repository.ts";

export const revokeRole = ({ sessionChanged }: IamDeps) =>
  implement("iam.revokeRole", async ({ params, actor, store }) => {
    if (params.id === actor.userId) throw new OwnRoleError();
    const grant = roleGrant(params.role, params.buildingId);
    await store.inTransaction(async (tx) => {
      const changed = await changeUser(tx, params.id, ({ roles, sessionVersion }) => {
        if (!roles.some((role) => sameGrant(role, grant))) throw new NotFoundError("The role");
        return { roles: roles.filter((role) => !sameGrant(role, grant)), sessionVersion: sessionVersion + 1 };
      });
      await endSessions(tx, params.id);
      if (grant.role === "admin") await keepAnAdmin(tx);
      const payload = {
        userId: changed._id,
        ...grant,
        change: "revoked" as const,
        actorId: actor.userId,
        version: changed.version,
      };
      tx.publish("user.role_changed", payload, { aggregateId: changed._id, aggregateVersion: changed.version });
    });
    sessionChanged(params.id);
    return {};
  });
