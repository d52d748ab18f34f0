import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { BuildingDoc, Channel } from "../model.ts";
import type { Notify } from "../notify.ts";
import { BUILDINGS } from "../repository.ts";

const BOTH: readonly Channel[] = ["in_app", "email"];

export const onTicketCreated = (notify: Notify) =>
  onEvent("ticket.created", async (event, tx: Tx<"notifications">) => {
    const { number, title, priority, reporterId, buildingId } = event.payload;
    const created = { template: "ticket_created", variables: { number, title } } as const;
    await notify(tx, event, { userId: reporterId, ...created, channels: BOTH });
    const building = await tx.collection<BuildingDoc>(BUILDINGS).findOne({ _id: buildingId });
    if (!building || building.managerId === reporterId) return;
    const reported = { template: "ticket_reported", variables: { number, title, priority } } as const;
    await notify(tx, event, { userId: building.managerId, ...reported, channels: ["in_app"] });
  });

export const onTicketAssigned = (notify: Notify) =>
  onEvent("ticket.assigned", async (event, tx: Tx<"notifications">) => {
    const { assigneeId, actorId, number } = event.payload;
    if (assigneeId === actorId) return;
    await notify(tx, event, {
      userId: assigneeId,
      template: "ticket_assigned",
      variables: { number },
      channels: BOTH,
    });
  });

export const onTicketStatusChanged = (notify: Notify) =>
  onEvent("ticket.status_changed", async (event, tx: Tx<"notifications">) => {
    const { reporterId, assigneeId, actorId, number, to, reason } = event.payload;
    const news = { template: "ticket_status_changed", variables: { number, to, reason } } as const;
    // Nobody is told what they did themselves.
    if (reporterId && reporterId !== actorId) await notify(tx, event, { userId: reporterId, ...news, channels: BOTH });
    const other = assigneeId && assigneeId !== actorId && assigneeId !== reporterId;
    if (other) await notify(tx, event, { userId: assigneeId, ...news, channels: ["in_app"] });
  });

export const onTicketCommentCreated = (notify: Notify) =>
  onEvent("ticket_comment.created", async (event, tx: Tx<"notifications">) => {
    const { authorId, reporterId, assigneeId, number } = event.payload;
    const others = new Set([reporterId, assigneeId].filter((userId) => userId !== null && userId !== authorId));
    for (const userId of others as Set<string>)
      await notify(tx, event, { userId, template: "ticket_commented", variables: { number }, channels: BOTH });
  });
