import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { saveStatus, saveText } from "../repository.ts";

const about = (ticketId: string, buildingId: string, ownerId: string | null) =>
  ({ type: "ticket", refId: ticketId, buildingId, ownerId, audience: "staff" }) as const;

export const onTicketCreated = onEvent("ticket.created", async ({ payload }, tx: Tx<"search">) => {
  const { ticketId, buildingId, reporterId, title, description, version } = payload;
  const text = { title, body: description, status: "open" };
  await saveText(tx, { ...about(ticketId, buildingId, reporterId), ...text }, version);
});

export const onTicketStatusChanged = onEvent("ticket.status_changed", async ({ payload }, tx: Tx<"search">) => {
  const { ticketId, buildingId, reporterId, to, version } = payload;
  await saveStatus(tx, { ...about(ticketId, buildingId, reporterId), status: to }, version);
});
