import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { LastAdminError, OwnRoleError } from "../errors.ts";
import { roleGrant, sameGrant, type UserDoc } from "../model.ts";
import { changeUser } from "../repository.ts";

export const revokeRole = ({ sessionChanged }: IamDeps) =>
  implement("iam.revokeRole", async ({ params, actor, store }) => {
    if (params.id === actor.userId) throw new OwnRoleError();
    const grant = roleGrant(params.role, params.buildingId);
    await store.inTransaction(async (tx) => {
      const changed = await changeUser(tx, params.id, ({ roles }) => {
        if (!roles.some((role) => sameGrant(role, grant))) throw new NotFoundError("The role");
        return { roles: roles.filter((role) => !sameGrant(role, grant)) };
      });
      const admins = await tx.collection<UserDoc>("users").countDocuments({ "roles.role": "admin" });
      if (admins === 0) throw new LastAdminError();
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
