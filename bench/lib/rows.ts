/** Outbox rows as `inTransaction` writes them, about 700 bytes each. */
import type { Version } from "../../mixins/kit/contracts.ts";
import { newId } from "../../mixins/kit/ids.ts";
import type { OutboxRow } from "../../mixins/outbox/row.ts";

export interface RowOptions {
  eventType?: string;
  /** A date: published already. `none`: without the field, where nobody marks it; our relay looks for it, whosever row it is. */
  publishedAt?: Date | null | "none";
  version?: Version;
  payload?: (n: number) => object;
}

const BLOB = "x".repeat(520);

const padded = (n: number): object => ({ n, blob: BLOB });

export function outboxRows(
  count: number,
  { eventType = "ticket.created", publishedAt = null, version = "v1", payload = padded }: RowOptions = {},
): OutboxRow[] {
  const timestamp = new Date();
  return Array.from({ length: count }, (_, n) => {
    const eventId = newId();
    const head = { eventId, version, eventType, timestamp };
    return {
      _id: eventId,
      eventId,
      eventType,
      version,
      timestamp,
      body: JSON.stringify({ ...head, payload: payload(n) }),
      meta: { producer: "tickets", correlationId: eventId, actorId: "system:bench", aggregateId: String(n) },
      ...(publishedAt !== "none" && { publishedAt }),
    } as OutboxRow;
  });
}
