import { implement } from "../../../mixins/kit/implement.ts";
import { previewCancel } from "../decisions.ts";
import { findBooking } from "../repository.ts";

export const cancellationPreview = implement("booking.cancellationPreview", async ({ params, actor, store, now }) => {
  const booking = await findBooking(store.db, params.id, actor);
  const { until, ...refund } = previewCancel(booking, actor, now);
  return { ...refund, currency: booking.currency, until: until?.toISOString() ?? null };
});
