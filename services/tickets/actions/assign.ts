import { isStaffOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { AssigneeNotStaffError } from "../errors.ts";
import { publishAssigned } from "../facts.ts";
import { assign as decide, type TicketDoc, viewTicket } from "../model.ts";
import { changeTicket } from "../repository.ts";
import type { SetTimers } from "../timers.ts";

export const assign = (setTimers: SetTimers) =>
  implement("tickets.assign", async ({ params, actor, ifMatch, reads, call, store }) => {
    const { id, assigneeId } = params;
    const ticket = await reads.byId<TicketDoc>(id);
    if (!ticket || !isStaffOf(actor, ticket.buildingId)) throw new NotFoundError("The ticket");
    const roles: ("staff" | "manager")[] = ["staff", "manager"];
    const { allowed } = await call("iam.hasRole", { userId: assigneeId, buildingId: ticket.buildingId, roles });
    if (!allowed) throw new AssigneeNotStaffError();
    return store.inTransaction(async (tx) => {
      const { after } = await changeTicket(tx, { id, actor, ifMatch }, (found) => decide(found, assigneeId, tx.now));
      publishAssigned(tx, after, assigneeId, actor.userId);
      await setTimers(tx, after);
      return viewTicket(after);
    });
  });
