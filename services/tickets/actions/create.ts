import { isStaffOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { publishCreated } from "../facts.ts";
import { newTicket, viewTicket } from "../model.ts";
import { insertTicket, nextNumber } from "../repository.ts";

export const create = implement("tickets.create", async ({ params, actor, call, store, now }) => {
  const reporterId = actor.userId;
  const { verified, buildingId } = await call("residency.membership", { userId: reporterId, unitId: params.unitId });
  if (!buildingId || !(verified || isStaffOf(actor, buildingId))) throw new NotFoundError("The unit");
  return store.inTransaction(async (tx) => {
    const number = await nextNumber(tx, buildingId);
    const ticket = newTicket(newId(), number, params, { buildingId, reporterId }, now);
    await insertTicket(tx, ticket);
    publishCreated(tx, ticket, reporterId);
    return viewTicket(ticket);
  });
});
