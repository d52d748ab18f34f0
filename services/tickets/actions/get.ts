import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { canSee, type TicketDoc, viewTicket } from "../model.ts";

export const get = implement("tickets.get", async ({ params, actor, reads }) => {
  const ticket = await reads.byId<TicketDoc>(params.id);
  if (!ticket || !canSee(actor, ticket)) throw new NotFoundError("The ticket");
  return viewTicket(ticket);
});
