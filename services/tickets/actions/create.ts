import { isStaffOf } from "../../../mixins/kit/actor.ts";
import { DEFAULT_HOURS } from "../../../mixins/kit/business-time.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { publishCreated } from "../facts.ts";
import { newTicket, viewTicket } from "../model.ts";
import { insertTicket, nextNumber } from "../repository.ts";
import type { SetTimers } from "../timers.ts";

export const create = (setTimers: SetTimers) =>
  implement("tickets.create", async ({ params, actor, call, store, now }) => {
    const reporterId = actor.userId;
    const { verified, buildingId, timeZone, businessHours } = await call("residency.membership", {
      userId: reporterId,
      unitId: params.unitId,
    });
    if (!buildingId || !(verified || isStaffOf(actor, buildingId))) throw new NotFoundError("The unit");
    const calendar = { timeZone: timeZone ?? "UTC", hours: businessHours ?? DEFAULT_HOURS };
    const insert = async (tx: Tx<"tickets">) => {
      const number = await nextNumber(tx, buildingId);
      const ticket = newTicket(newId(), number, params, { buildingId, reporterId, calendar }, now);
      await insertTicket(tx, ticket);
      publishCreated(tx, ticket, reporterId);
      await setTimers(tx, ticket);
      return viewTicket(ticket);
    };
    // All tickets of a building write its counter.
    return store.inTransaction(insert, { group: buildingId });
  });
