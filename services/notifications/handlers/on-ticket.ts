import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { managersOf } from "../directory.ts";
import type { Notify } from "../notify.ts";

const about = (ticketId: string) => ({ type: "ticket", id: ticketId });

export const onTicketCreated = (notify: Notify) =>
  onEvent("ticket.created", async (event, tx: Tx<"notifications">) => {
    const { ticketId, number, title, priority, reporterId, buildingId } = event.payload;
    const subject = about(ticketId);
    await notify(tx, event, [reporterId], { template: "ticket_created", variables: { number, title }, subject });
    const managers = (await managersOf(tx, buildingId)).filter((userId) => userId !== reporterId);
    await notify(tx, event, managers, { template: "ticket_reported", variables: { number, title, priority }, subject });
  });

export const onTicketAssigned = (notify: Notify) =>
  onEvent("ticket.assigned", async (event, tx: Tx<"notifications">) => {
    const { ticketId, assigneeId, actorId, number } = event.payload;
    if (assigneeId === actorId) return;
    const news = { template: "ticket_assigned", variables: { number }, subject: about(ticketId) } as const;
    await notify(tx, event, [assigneeId], news);
  });

export const onTicketStatusChanged = (notify: Notify) =>
  onEvent("ticket.status_changed", async (event, tx: Tx<"notifications">) => {
    const { ticketId, reporterId, assigneeId, actorId, number, to, reason } = event.payload;
    const concerned = [reporterId, assigneeId].filter((userId) => userId !== null);
    const news = {
      template: "ticket_status_changed",
      variables: { number, to, reason },
      subject: about(ticketId),
    } as const;
    // Nobody is told what they did themselves.
    await notify(
      tx,
      event,
      concerned.filter((userId) => userId !== actorId),
      news,
    );
  });

/** Of public ones: what is internal has no event. */
export const onTicketCommentCreated = (notify: Notify) =>
  onEvent("ticket_comment.created", async (event, tx: Tx<"notifications">) => {
    const { ticketId, authorId, reporterId, assigneeId, number } = event.payload;
    const concerned = [reporterId, assigneeId].filter((userId) => userId !== null);
    const news = { template: "ticket_commented", variables: { number }, subject: about(ticketId) } as const;
    await notify(
      tx,
      event,
      concerned.filter((userId) => userId !== authorId),
      news,
    );
  });
