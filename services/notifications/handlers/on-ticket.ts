import { BRIEF, onEvent, onTogether } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { managersIn } from "../directory.ts";
import type { Announcement, Notify, NotifyAll, Told } from "../notify.ts";

const about = (ticketId: string) => ({ type: "ticket", id: ticketId });

/** The commonest news: those of several tickets are written in one go. */
export const onTicketCreated = (notifyAll: NotifyAll) =>
  onTogether<"ticket.created", "notifications">(
    ["ticket.created"],
    async (arrivals) => {
      const managersOf = await managersIn(
        arrivals[0].tx,
        arrivals.map(({ event }) => event.payload.buildingId),
      );
      const announced = arrivals.map(({ tx, event }): Announcement => {
        const { ticketId, number, title, priority, reporterId, buildingId } = event.payload;
        const subject = about(ticketId);
        const managers = managersOf(buildingId).filter((userId) => userId !== reporterId);
        const told: Told[] = [
          { to: [reporterId], template: "ticket_created", variables: { number, title }, subject },
          { to: managers, template: "ticket_reported", variables: { number, title, priority }, subject },
        ];
        return { tx, event, told };
      });
      await notifyAll(announced);
    },
    BRIEF,
  );

export const onTicketAssigned = (notify: Notify) =>
  onEvent("ticket.assigned", async (event, tx: Tx<"notifications">) => {
    const { ticketId, assigneeId, actorId, number } = event.payload;
    if (assigneeId === actorId) return;
    const news = { template: "ticket_assigned", variables: { number }, subject: about(ticketId) } as const;
    await notify(tx, event, { to: [assigneeId], ...news });
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
    await notify(tx, event, { ...news, to: concerned.filter((userId) => userId !== actorId) });
  });

/** Of public ones: what is internal has no event. */
export const onTicketCommentCreated = (notify: Notify) =>
  onEvent("ticket_comment.created", async (event, tx: Tx<"notifications">) => {
    const { ticketId, authorId, reporterId, assigneeId, number } = event.payload;
    const concerned = [reporterId, assigneeId].filter((userId) => userId !== null);
    const news = { template: "ticket_commented", variables: { number }, subject: about(ticketId) } as const;
    await notify(tx, event, { ...news, to: concerned.filter((userId) => userId !== authorId) });
  });
