import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";
import { OwnRoleError } from "../errors.ts";
import { roleGrant, sameGrant, viewUser } from "../model.ts";
import { changeUser, endSessions } from "../repository.ts";

export const grantRole = ({ sessionChanged }: IamDeps) =>
  implement("iam.grantRole", async ({ params, actor, store }) => {
    if (params.id === actor.userId) throw new OwnRoleError();
    const grant = roleGrant(params.role, params.buildingId);
    const view = await store.inTransaction(async (tx) => {
      const changed = await changeUser(tx, params.id, ({ roles, sessionVersion }) => ({
        roles: [...roles.filter((role) => !sameGrant(role, grant)), grant],
        sessionVersion: sessionVersion + 1,
      }));
      await endSessions(tx, params.id);
      const payload = {
        userId: changed._id,
        ...grant,
        change: "granted" as const,
        actorId: actor.userId,
        version: changed.version,
      };
      tx.publish("user.role_changed", payload, { aggregateId: changed._id, aggregateVersion: changed.version });
      return viewUser(changed);
    });
    sessionChanged(params.id);
    return view;
  });
