import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { viewBooking } from "../model.ts";
import { bookings } from "../repository.ts";

export const exportPerson = implement("booking.exportPerson", async ({ params: { userId }, store: { db } }) => {
  const own = await bookings(db).find({ userId }, { maxTimeMS: MAX_TIME_MS }).sort({ _id: 1 }).toArray();
  return { bookings: own.map(viewBooking) };
});
