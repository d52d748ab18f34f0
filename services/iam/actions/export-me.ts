import type { ActionName } from "../../../mixins/kit/contracts.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { SessionEndedError } from "../errors.ts";
import { viewSession, viewUser } from "../model.ts";
import { findUser, sessions } from "../repository.ts";

/** Asks every service whose contract has an `exportPerson`. All of it or, when one of them is away, a 503. */
export const exportMe = implement("iam.exportMe", async ({ actor, store, now, registry, call }) => {
  const { userId } = actor;
  const user = await findUser(store.db, userId);
  if (!user) throw new SessionEndedError();
  const own = await sessions(store.db).find({ userId }).sort({ _id: 1 }).toArray();
  const asked = registry.contracts.filter(({ actions }) => "exportPerson" in actions).map(({ service }) => service);
  const parts = await Promise.all(
    asked.map(async (service) => [service, await call(`${service}.exportPerson` as ActionName, { userId } as never)]),
  );
  return {
    exportedAt: now.toISOString(),
    account: viewUser(user),
    sessions: own.map(viewSession),
    services: Object.fromEntries(parts),
  };
});
