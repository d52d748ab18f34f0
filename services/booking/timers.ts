/** What becomes due on a booking: one stored due date for each, run by whichever node is there then. */
import { type Settle, untilDone } from "../../mixins/jobs/job.ts";
import type { JobRunner } from "../../mixins/jobs/runner.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { publishStep } from "./facts.ts";
import { type BookingDoc, dueOf, step } from "./model.ts";
import { BOOKINGS, saveBooking } from "./repository.ts";

const KIND = "due";
export const SYSTEM = "system:booking";

/** Sets the timer of a booking as it is now: the earlier one is gone; of one at its end, none is left. */
export type SetTimer = (tx: Tx<"booking">, booking: BookingDoc) => Promise<void>;

interface Data {
  bookingId: string;
}

export const timerSetter =
  (jobs: JobRunner<"booking">): SetTimer =>
  async (tx, booking) => {
    const due = dueOf(booking);
    const job = { kind: KIND, key: booking._id };
    if (!due) return jobs.unschedule(tx, job);
    await jobs.reschedule<Data>(tx, { ...job, data: { bookingId: booking._id }, dueAt: due.at });
  };

export function addTimer(jobs: JobRunner<"booking">, setTimer: SetTimer): void {
  jobs.add<Data>({
    kind: KIND,
    run:
      async ({ data }): Promise<Settle<"booking">> =>
      async (tx) => {
        const booking = await tx.collection<BookingDoc>(BOOKINGS).findOne({ _id: data.bookingId });
        const due = booking && dueOf(booking);
        if (!due) return;
        const isDue = due.at <= tx.now;
        const after = isDue ? step(booking, due.to, due.reason, tx.now) : booking;
        if (isDue) {
          await saveBooking(tx, after);
          publishStep(tx, booking, after, SYSTEM);
        }
        await setTimer(tx, after);
      },
    ...untilDone,
  });
}
