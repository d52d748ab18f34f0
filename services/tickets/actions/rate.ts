import { implement } from "../../../mixins/kit/implement.ts";
import { rate as decide, viewTicket } from "../model.ts";
import { changeTicket } from "../repository.ts";

export const rate = implement("tickets.rate", ({ params, actor, ifMatch, store }) => {
  const { id, rating } = params;
  return store.inTransaction(async (tx) => {
    const { after } = await changeTicket(tx, { id, actor, ifMatch }, (ticket) => decide(ticket, rating, actor, tx.now));
    return viewTicket(after);
  });
});
