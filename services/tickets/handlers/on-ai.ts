/** Hints for staff; they change neither the ticket's state nor its version. */
import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { TicketDoc } from "../model.ts";
import { TICKETS } from "../repository.ts";

export const onModerationResult = onEvent("ai.moderation_result", async ({ payload }, tx: Tx<"tickets">) => {
  const { subject, flagged } = payload;
  if (subject.type !== "ticket") return;
  await tx.collection<TicketDoc>(TICKETS).updateOne({ _id: subject.id }, { $set: { flagged } });
});

export const onSummaryReady = onEvent("ai.summary_ready", async ({ payload }, tx: Tx<"tickets">) => {
  const { subject, summary } = payload;
  if (subject.type !== "ticket") return;
  await tx.collection<TicketDoc>(TICKETS).updateOne({ _id: subject.id }, { $set: { summary } });
});
