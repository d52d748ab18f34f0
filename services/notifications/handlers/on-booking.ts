import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { findBuilding, managersOf } from "../directory.ts";
import type { Notify } from "../notify.ts";
import type { Slot } from "../templates/templates.ts";

const about = (bookingId: string) => ({ type: "booking", id: bookingId });

/** Shown on the clock of the house. */
async function slotOf(
  tx: Tx<"notifications">,
  { buildingId, resourceName }: { buildingId: string; resourceName: string },
  startsAt: string,
  endsAt: string,
): Promise<Slot> {
  const building = await findBuilding(tx, buildingId);
  return { resource: resourceName, startsAt, endsAt, timeZone: building?.timeZone ?? "UTC" };
}

export const onBookingCreated = (notify: Notify) =>
  onEvent("booking.created", async (event, tx: Tx<"notifications">) => {
    const { bookingId, buildingId, userId, from, to, status } = event.payload;
    const slot = await slotOf(tx, event.payload, from, to);
    const subject = about(bookingId);
    await notify(tx, event, { to: [userId], template: "booking_created", variables: { ...slot, status }, subject });
    if (status !== "pending_approval") return;
    const managers = (await managersOf(tx, buildingId)).filter((manager) => manager !== userId);
    await notify(tx, event, { to: managers, template: "booking_to_approve", variables: slot, subject });
  });

/** Not what the person did, or sees happen; and a cancellation has news of its own. */
const SILENT = new Set(["cancelled", "checked_in", "completed"]);

export const onBookingStatusChanged = (notify: Notify) =>
  onEvent("booking.status_changed", async (event, tx: Tx<"notifications">) => {
    const { bookingId, userId, actorId, startsAt, endsAt, to: status, reason } = event.payload;
    if (userId === null || userId === actorId || SILENT.has(status)) return;
    const variables = { ...(await slotOf(tx, event.payload, startsAt, endsAt)), status, reason };
    await notify(tx, event, { to: [userId], template: "booking_status_changed", variables, subject: about(bookingId) });
  });

export const onBookingMoved = (notify: Notify) =>
  onEvent("booking.moved", async (event, tx: Tx<"notifications">) => {
    const { bookingId, userId, actorId, from, to } = event.payload;
    if (userId === null || userId === actorId) return;
    const variables = await slotOf(tx, event.payload, from, to);
    await notify(tx, event, { to: [userId], template: "booking_moved", variables, subject: about(bookingId) });
  });

/** Also told to who has done it, where money comes back. */
export const onBookingCancelled = (notify: Notify) =>
  onEvent("booking.cancelled", async (event, tx: Tx<"notifications">) => {
    const { bookingId, userId, actorId, startsAt, endsAt, reason, refundAmount, currency } = event.payload;
    if (userId === null || (userId === actorId && refundAmount === 0)) return;
    const refund = refundAmount > 0 ? { amount: refundAmount, currency } : null;
    const variables = { ...(await slotOf(tx, event.payload, startsAt, endsAt)), reason, refund };
    await notify(tx, event, { to: [userId], template: "booking_cancelled", variables, subject: about(bookingId) });
  });
