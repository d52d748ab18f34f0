import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { cancelAll } from "../cancel-all.ts";
import type { BookingDoc } from "../model.ts";
import { BOOKINGS } from "../repository.ts";
import type { SetTimer } from "../timers.ts";

/**
 * Who has moved out books nothing through the unit any more; what is to come is given to others. Who still lives in
 * another unit of the building keeps it through that one.
 */
export const onResidentUnverified = (setTimer: SetTimer) =>
  onEvent(
    "resident.unverified",
    async ({ payload }, tx: Tx<"booking">, { call }) => {
      const { userId, unitId, buildingId, reason } = payload;
      // A claim that was rejected had allowed nothing.
      if (reason === "rejected") return;
      const toCome = { userId, unitId, from: { $gt: tx.now } };
      const { unitIds } = await call("residency.homes", { userId, buildingId });
      // Late news: they live there again.
      if (unitIds.includes(unitId)) return;
      const [other] = unitIds;
      if (other === undefined)
        await cancelAll(tx, toCome, "The residency through which it was booked has ended.", setTimer);
      else await tx.collection<BookingDoc>(BOOKINGS).updateMany(toCome, { $set: { unitId: other } });
    },
    { batch: false },
  );
