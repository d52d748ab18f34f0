import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { cancelAll } from "../cancel-all.ts";
import type { SetTimer } from "../timers.ts";

/** Who has moved out books nothing through the unit any more; what is to come is given to others. */
export const onResidentUnverified = (setTimer: SetTimer) =>
  onEvent("resident.unverified", async ({ payload }, tx: Tx<"booking">) => {
    const { userId, unitId, reason } = payload;
    // A claim that was rejected had allowed nothing.
    if (reason === "rejected") return;
    const toCome = { userId, unitId, from: { $gt: tx.now } };
    await cancelAll(tx, toCome, "The residency through which it was booked has ended.", setTimer);
  });
