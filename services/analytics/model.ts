/** What the event log keeps of an event. Pure. */
import type { IncomingEvent } from "../../mixins/amqp/envelope.ts";
import type { EventDef } from "../../mixins/kit/contracts.ts";
import type { Registry } from "../../mixins/kit/registry.ts";
import { blanked, personIn } from "../../mixins/privacy/personal.ts";
import type { CountDoc, EventDoc } from "./repository.ts";

export type AnyEvent = Pick<IncomingEvent, "eventId" | "version" | "timestamp" | "meta"> & {
  eventType: string;
  payload: unknown;
};

/** What is left of an event that carried a person's own data: what the contract says, so that it can still be read. */
export function erasedPayload(
  { eventType, payload }: Pick<EventDoc, "eventType" | "payload">,
  registry: Registry,
): string {
  const { def } = registry.event(eventType) ?? {};
  return def ? JSON.stringify(blanked(def, JSON.parse(payload))) : "{}";
}

const textOf = (payload: unknown, field: string): string | null => {
  const value = (payload as Record<string, unknown> | null)?.[field];
  return typeof value === "string" && value.length <= 200 ? value : null;
};

export function eventDoc(
  { eventId, eventType, version, timestamp, payload, meta }: AnyEvent,
  def: EventDef,
  now: Date,
): EventDoc {
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
    personId: personIn(def, payload) ?? null,
    payload: JSON.stringify(payload),
    payloadVersion: def.current,
  };
}

/** The count that an event belongs to, by the day (UTC) on which it happened. */
function countOf({
  eventType,
  buildingId,
  timestamp,
}: Pick<EventDoc, "eventType" | "buildingId" | "timestamp">): Omit<CountDoc, "count"> {
  const day = timestamp.toISOString().slice(0, 10);
  return { _id: `${day}|${buildingId ?? ""}|${eventType}`, day, buildingId, eventType };
}

/** How many of each, for all of them. */
export function countsOf(docs: readonly EventDoc[]): CountDoc[] {
  const counts = new Map<string, CountDoc>();
  for (const doc of docs) {
    const about = countOf(doc);
    counts.set(about._id, { ...about, count: (counts.get(about._id)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}
