import { implement } from "../../../mixins/kit/implement.ts";
import { publishStep } from "../facts.ts";
import { transition as decide, type Step, viewTicket } from "../model.ts";
import { changeTicket } from "../repository.ts";
import type { SetTimers } from "../timers.ts";

export const transition = (setTimers: SetTimers) =>
  implement("tickets.transition", ({ params, actor, ifMatch, store }) => {
    const { id, deferUntil, ...rest } = params;
    const step: Step = { ...rest, ...(deferUntil !== undefined && { deferUntil: new Date(deferUntil) }) };
    return store.inTransaction(async (tx) => {
      const { before, after } = await changeTicket(tx, { id, actor, ifMatch }, (ticket) =>
        decide(ticket, step, actor, tx.now),
      );
      publishStep(tx, before, after, actor.userId);
      await setTimers(tx, after);
      return viewTicket(after);
    });
  });
