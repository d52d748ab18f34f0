/** A row of a service's `outbox` collection: one fact, or one replay, that the relay has to publish. */
import { type EventMeta, MAX_PAYLOAD_BYTES } from "../amqp/envelope.ts";
import type { Version } from "../kit/contracts.ts";
import { AppError } from "../kit/errors.ts";
import { newId } from "../kit/ids.ts";
import type { Registry } from "../kit/registry.ts";
import { personIn } from "../privacy/personal.ts";

export const OUTBOX = "outbox";

export interface OutboxRow {
  /** Row id. For a fact it equals `eventId`; a replay has an id of its own. */
  _id: string;
  eventId: string;
  eventType: string;
  version: Version;
  timestamp: Date;
  /** The message body, ready to send: JSON of the envelope. Made once, at the write. */
  body: string;
  meta: EventMeta;
  /** Absent: `app.events` with the event type as key. Present: this queue, by the default exchange (replays). */
  target?: { queue: string; headers: Record<string, string | number> };
  /** null until the broker has confirmed and routed it; indexed, TTL on the date. */
  publishedAt: Date | null;
  /** The relay's lease epoch that marked it. */
  epoch?: number;
  /** The broker had no queue for it when last tried; the sweep tries again. */
  unroutable?: { since: Date; lastTriedAt: Date; count: number };
  /** Never publishable; shown to operators. */
  failed?: { at: Date; reason: string };
  /** It was published before, and an operator asked for it again. */
  republish?: { at: Date; by: string };
  /** Whose data the payload carries, where its contract says that it does: erased when they go. Indexed. */
  person?: string;
}

/** Since when the broker is to have it. */
export const waitsSince = ({ timestamp, republish }: Pick<OutboxRow, "timestamp" | "republish">): Date =>
  republish?.at ?? timestamp;
export const WAITS_SINCE = { timestamp: 1, republish: 1 } as const;

/** The payload breaks the event's contract: a mistake of the publisher, found before anything is written. */
export class ContractViolatedError extends AppError {
  readonly code = "CONTRACT_VIOLATED";
  readonly status = 500;
}
/** 413: more JSON than an event may hold. */
export class PayloadTooLargeError extends AppError {
  readonly code = "PAYLOAD_TOO_LARGE";
  readonly status = 413;
}
/** A service tried to publish another's event. */
export class NotOwnerError extends AppError {
  readonly code = "NOT_EVENT_OWNER";
  readonly status = 500;
}

export interface FactOptions {
  aggregateId?: string;
  /** Version of the aggregate after the change. */
  aggregateVersion?: number;
  /** When it happened; default: the transaction's clock. */
  timestamp?: Date;
}

export interface Fact {
  eventType: string;
  payload: object;
  options: FactOptions;
}

/** Pure: a fact -> its outbox row, or an error that names what is wrong. */
export function outboxRow(fact: Fact, service: string, now: Date, cause: EventMeta, registry: Registry): OutboxRow {
  const { eventType, payload, options } = fact;
  const known = registry.event(eventType);
  if (known?.owner !== service) {
    throw new NotOwnerError(
      `${service} may not publish ${eventType}: ${known ? `${known.owner} owns it` : "no contract declares it"}.`,
    );
  }
  const version = known.def.current;
  const json = JSON.stringify(payload);
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw new PayloadTooLargeError(
      `The payload of ${eventType} has ${bytes} bytes; at most ${MAX_PAYLOAD_BYTES} are allowed.`,
    );
  }
  const reading = known.read(version, payload);
  if (!reading.ok) throw new ContractViolatedError(reading.message);
  const eventId = newId();
  const timestamp = options.timestamp ?? now;
  const head = JSON.stringify({ eventId, version, eventType, timestamp: timestamp.toISOString() });
  const meta: EventMeta = {
    ...cause,
    producer: service,
    ...(options.aggregateId !== undefined && { aggregateId: options.aggregateId }),
    ...(options.aggregateVersion !== undefined && { aggregateVersion: options.aggregateVersion }),
  };
  const body = `${head.slice(0, -1)},"payload":${json}}`;
  const person = personIn(known.def, payload);
  const row: OutboxRow = { _id: eventId, eventId, eventType, version, timestamp, body, meta, publishedAt: null };
  return person === undefined ? row : { ...row, person };
}
