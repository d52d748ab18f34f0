/** What booking tells the others. */
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { BookingDoc } from "./model.ts";
import type { BookableDoc } from "./resource.ts";

export function publishResource(tx: Tx<"booking">, resource: BookableDoc): void {
  const { buildingId, name, kind, description, status, unit, price, currency, version } = resource;
  const hourlyPrice = unit === "hour" ? price : null;
  const about = { buildingId, name, kind, description, status, hourlyPrice, unit, price, currency, version };
  tx.publish(
    "resource.updated",
    { resourceId: resource._id, ...about },
    { aggregateId: resource._id, aggregateVersion: version },
  );
}

const head = ({ _id, resourceId, resourceName, buildingId, version }: BookingDoc) => ({
  bookingId: _id,
  resourceId,
  resourceName,
  buildingId,
  version,
});
const spanOf = ({ from, to }: BookingDoc) => ({ from: from.toISOString(), to: to.toISOString() });
const aggregate = (booking: BookingDoc) => ({ aggregateId: booking._id, aggregateVersion: booking.version });

export function publishCreated(tx: Tx<"booking">, booking: BookingDoc, userId: string): void {
  const { amount, currency, status } = booking;
  const holdExpiresAt = booking.holdExpiresAt?.toISOString() ?? null;
  tx.publish(
    "booking.created",
    { ...head(booking), userId, ...spanOf(booking), amount, currency, status, holdExpiresAt },
    aggregate(booking),
  );
}

/** A step, and what else it is: a cancellation, a check-in. */
export function publishStep(tx: Tx<"booking">, before: BookingDoc, after: BookingDoc, actorId: string): void {
  const { userId, reason, currency } = after;
  const about = { ...head(after), userId };
  const span = { startsAt: after.from.toISOString(), endsAt: after.to.toISOString() };
  const status = { from: before.status, to: after.status };
  tx.publish("booking.status_changed", { ...about, ...span, ...status, reason, actorId }, aggregate(after));
  if (after.status === "cancelled") {
    const refundAmount = after.refundAmount ?? 0;
    tx.publish("booking.cancelled", { ...about, ...span, reason, refundAmount, currency, actorId }, aggregate(after));
  }
  if (after.status === "checked_in")
    tx.publish("booking.checked_in", { ...about, at: tx.now.toISOString() }, aggregate(after));
}

export function publishMoved(tx: Tx<"booking">, before: BookingDoc, after: BookingDoc, actorId: string): void {
  const previous = { previousFrom: before.from.toISOString(), previousTo: before.to.toISOString() };
  tx.publish(
    "booking.moved",
    { ...head(after), userId: after.userId, ...spanOf(after), ...previous, actorId },
    aggregate(after),
  );
  if (after.status !== before.status) publishStep(tx, before, after, actorId);
}
