/** Outbox rows as `inTransaction` writes them, about 700 bytes each. */
import { newId } from "../../mixins/kit/ids.ts";
import type { OutboxRow } from "../../mixins/outbox/row.ts";

export function outboxRows(count: number): OutboxRow[] {
  const blob = "x".repeat(520);
  const timestamp = new Date();
  return Array.from({ length: count }, (_, n) => {
    const eventId = newId();
    const head = { eventId, version: "v1", eventType: "ticket.created", timestamp };
    return {
      _id: eventId,
      eventId,
      eventType: "ticket.created",
      version: "v1" as const,
      timestamp,
      body: JSON.stringify({ ...head, payload: { n, blob } }),
      meta: { producer: "tickets", correlationId: eventId, actorId: "system:bench", aggregateId: String(n) },
      publishedAt: null,
    };
  });
}
