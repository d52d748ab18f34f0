/** The end of bookings that nobody has asked for in person. */
import type { Filter } from "mongodb";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { drop } from "./decisions.ts";
import { publishStep } from "./facts.ts";
import { type BookingDoc, LIVE } from "./model.ts";
import { BOOKINGS, saveBooking } from "./repository.ts";
import { type SetTimer, SYSTEM } from "./timers.ts";

/** Of those that the filter finds, all that have not ended. Refunds go by each one's policy. */
export async function cancelAll(
  tx: Tx<"booking">,
  filter: Filter<BookingDoc>,
  reason: string,
  setTimer: SetTimer,
): Promise<void> {
  const live = { ...filter, status: { $in: [...LIVE] } };
  for (const before of await tx.collection<BookingDoc>(BOOKINGS).find(live).toArray()) {
    const after = drop(before, reason, false, tx.now);
    await saveBooking(tx, after);
    publishStep(tx, before, after, SYSTEM);
    await setTimer(tx, after);
  }
}
