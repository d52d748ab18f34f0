/** What the event log keeps of an event. Pure. */
import type { IncomingEvent } from "../../mixins/amqp/envelope.ts";
import type { CountDoc, EventDoc } from "./repository.ts";

export type AnyEvent = Pick<IncomingEvent, "eventId" | "version" | "timestamp" | "meta"> & {
  eventType: string;
  payload: unknown;
};

/** Events that carry a person's own data; erased when the person leaves. */
export const PERSONAL: readonly string[] = ["user.created", "user.updated"];
export const PERSON_DELETED = "user.deleted";

/** What is left of a person's event. */
export const erasedPayload = (userId: string): string => JSON.stringify({ userId, erased: true });

const textOf = (payload: unknown, field: string): string | null => {
  const value = (payload as Record<string, unknown> | null)?.[field];
  return typeof value === "string" && value.length <= 200 ? value : null;
};

export function eventDoc({ eventId, eventType, version, timestamp, payload, meta }: AnyEvent, now: Date): EventDoc {
  return {
    _id: eventId,
    eventType,
    version,
    timestamp,
    receivedAt: now,
    producer: meta.producer ?? null,
    correlationId: meta.correlationId ?? null,
    causationId: meta.causationId ?? null,
    actorId: meta.actorId ?? null,
    aggregateId: meta.aggregateId ?? null,
    aggregateVersion: meta.aggregateVersion ?? null,
    buildingId: textOf(payload, "buildingId"),
    userId: textOf(payload, "userId"),
    payload: JSON.stringify(payload),
  };
}

/** The count that an event belongs to, by the day (UTC) on which it happened. */
export function countOf({
  eventType,
  buildingId,
  timestamp,
}: Pick<EventDoc, "eventType" | "buildingId" | "timestamp">): Omit<CountDoc, "count"> {
  const day = timestamp.toISOString().slice(0, 10);
  return { _id: `${day}|${buildingId ?? ""}|${eventType}`, day, buildingId, eventType };
}
