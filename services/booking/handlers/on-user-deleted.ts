import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { cancelAll } from "../cancel-all.ts";
import type { BookingDoc } from "../model.ts";
import { BOOKINGS } from "../repository.ts";
import type { SetTimer } from "../timers.ts";

/** What was booked stays, under "former resident"; nothing of it is to come. */
export const onUserDeleted = (setTimer: SetTimer) =>
  onEvent("user.deleted", async ({ payload: { userId } }, tx: Tx<"booking">) => {
    const bookings = tx.collection<BookingDoc>(BOOKINGS);
    const own = (await bookings.find({ userId }, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id);
    // First, so that what is told of the end names nobody.
    await bookings.updateMany(
      { userId },
      { $set: { userId: null, unitId: null, reason: null }, $unset: { quota: "" } },
    );
    await cancelAll(tx, { _id: { $in: own } }, "The account was deleted.", setTimer);
  });
