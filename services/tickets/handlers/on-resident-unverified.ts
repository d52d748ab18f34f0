import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { TicketDoc } from "../model.ts";
import { TICKETS } from "../repository.ts";

/** Staff see that nobody is there any more to open the door; the tickets stay theirs to read. */
export const onResidentUnverified = onEvent("resident.unverified", async ({ payload }, tx: Tx<"tickets">) => {
  const { userId, unitId, reason } = payload;
  if (reason === "rejected") return;
  const own = { reporterId: userId, unitId, status: { $nin: ["closed" as const, "cancelled" as const] } };
  await tx.collection<TicketDoc>(TICKETS).updateMany(own, { $set: { reporterLeft: true }, $inc: { version: 1 } });
});
