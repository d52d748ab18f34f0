/** What tickets tells the others. */
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { CommentDoc, TicketDoc } from "./model.ts";
import type { ClockName } from "./sla.ts";

const head = (ticket: TicketDoc) => ({
  ticketId: ticket._id,
  number: ticket.number,
  buildingId: ticket.buildingId,
  version: ticket.version,
});
const aggregate = (ticket: TicketDoc) => ({ aggregateId: ticket._id, aggregateVersion: ticket.version });

export function publishCreated(tx: Tx<"tickets">, ticket: TicketDoc, reporterId: string): void {
  const { unitId, category, priority, title, description } = ticket;
  const text = { unitId, category, priority, title, description };
  tx.publish(
    "ticket.created",
    { ...head(ticket), reporterId, ...text, dueAt: ticket.sla.solution.dueAt.toISOString() },
    aggregate(ticket),
  );
}

export function publishUpdated(tx: Tx<"tickets">, ticket: TicketDoc, actorId: string): void {
  const { unitId, reporterId, category, priority, status, title, description } = ticket;
  const text = { unitId, reporterId, category, priority, status, title, description };
  tx.publish("ticket.updated", { ...head(ticket), ...text, actorId }, aggregate(ticket));
}

export function publishAssigned(tx: Tx<"tickets">, ticket: TicketDoc, assigneeId: string, actorId: string): void {
  tx.publish("ticket.assigned", { ...head(ticket), assigneeId, actorId }, aggregate(ticket));
}

/** A step, and, when it was the last one of a solved ticket, its end. */
export function publishStep(tx: Tx<"tickets">, before: TicketDoc, after: TicketDoc, actorId: string): void {
  const { reporterId, assigneeId, reason, resolution, rating } = after;
  const step = { reporterId, assigneeId, from: before.status, to: after.status, reason, actorId };
  tx.publish("ticket.status_changed", { ...head(after), ...step }, aggregate(after));
  if (after.status !== "closed") return;
  tx.publish("ticket.closed", { ...head(after), reporterId, resolution, rating }, aggregate(after));
}

export function publishBreach(tx: Tx<"tickets">, ticket: TicketDoc, clock: ClockName): void {
  const { version: _, ...about } = head(ticket);
  const dueAt = ticket.sla[clock].dueAt.toISOString();
  tx.publish("ticket.sla_breached", { ...about, clock, dueAt }, aggregate(ticket));
}

/** Public ones only; their text stays here. */
export function publishComment(tx: Tx<"tickets">, ticket: TicketDoc, comment: CommentDoc, authorId: string): void {
  const { version: _, ...about } = head(ticket);
  const { reporterId, assigneeId } = ticket;
  tx.publish(
    "ticket_comment.created",
    { commentId: comment._id, ...about, authorId, reporterId, assigneeId },
    { aggregateId: comment._id, aggregateVersion: 1 },
  );
}
