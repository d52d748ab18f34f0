import { implement } from "../../../mixins/kit/implement.ts";
import { publishUpdated } from "../facts.ts";
import { update as decide, viewTicket } from "../model.ts";
import { changeTicket } from "../repository.ts";
import type { SetTimers } from "../timers.ts";

export const update = (setTimers: SetTimers) =>
  implement("tickets.update", ({ params, actor, ifMatch, store }) => {
    const { id, ...changes } = params;
    return store.inTransaction(async (tx) => {
      const { after } = await changeTicket(tx, { id, actor, ifMatch }, (ticket) =>
        decide(ticket, changes, actor, tx.now),
      );
      await setTimers(tx, after);
      publishUpdated(tx, after, actor.userId);
      return viewTicket(after);
    });
  });
