/**
 * The guide's envelope and its decoding. Body: `{ eventId, version, eventType, timestamp, payload }`, nothing else.
 * Decoding never throws: it ends in an event or in a named refusal that goes to the dead letters at once.
 */
import type { EventName, PayloadOf, Version } from "../kit/contracts.ts";
import { isId } from "../kit/ids.ts";
import type { Registry } from "../kit/registry.ts";

/** Largest payload that the outbox accepts, bytes of JSON (UTF-8). */
export const MAX_PAYLOAD_BYTES = 256 * 1024;
/** Bodies larger than this are not even parsed. The envelope adds well under 1 KiB. */
export const MAX_BODY_BYTES = MAX_PAYLOAD_BYTES + 4096;

export interface Envelope<P = unknown> {
  eventId: string;
  version: Version;
  eventType: string;
  /** ISO 8601 UTC: when the fact happened. */
  timestamp: string;
  payload: P;
}

/** What travels beside the body. */
export interface EventMeta {
  correlationId?: string;
  causationId?: string;
  actorId?: string;
  aggregateId?: string;
  /** Compare before overwriting: delivery order is not guaranteed after a failure. */
  aggregateVersion?: number;
  traceparent?: string;
  /** Producing service. */
  producer?: string;
}

/** An event as handlers see it: payload of the current version, checked. */
export interface IncomingEvent<K extends EventName = EventName> {
  eventId: string;
  eventType: K;
  /** Version it arrived in; the payload is already upcast to the current one. */
  version: Version;
  timestamp: Date;
  payload: PayloadOf<K>;
  meta: EventMeta;
}

export type RefusalCode =
  | "NOT_JSON"
  | "NO_ENVELOPE"
  | "UNKNOWN_TYPE"
  | "UNKNOWN_VERSION"
  | "CONTRACT_VIOLATED"
  | "TOO_LARGE";
export interface Refusal {
  code: RefusalCode;
  message: string;
  /** Present when the body named one. */
  eventId?: string;
  eventType?: string;
}

export type Decoded = { ok: true; event: IncomingEvent } | { ok: false; refusal: Refusal };

const refuse = (code: RefusalCode, message: string, known: Partial<Envelope> = {}): Decoded => ({
  ok: false,
  refusal: {
    code,
    message,
    ...(isId(known.eventId) && { eventId: known.eventId }),
    ...(typeof known.eventType === "string" && { eventType: known.eventType }),
  },
});

/** Bytes of a message -> event of the current version, or the reason why not. Pure; never throws. */
export function decode(content: Buffer, meta: EventMeta, registry: Registry): Decoded {
  if (content.length > MAX_BODY_BYTES)
    return refuse("TOO_LARGE", `The body has ${content.length} bytes, at most ${MAX_BODY_BYTES} are read.`);
  let body: unknown;
  try {
    body = JSON.parse(content.toString("utf8"));
  } catch {
    return refuse("NOT_JSON", "The body is not JSON.");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return refuse("NO_ENVELOPE", "The body is not an object.");
  const envelope = body as Partial<Envelope>;
  const missing = envelopeFault(envelope);
  if (missing) return refuse("NO_ENVELOPE", missing, envelope);
  return checked(envelope as Envelope, meta, registry);
}

function envelopeFault(envelope: Partial<Envelope>): string | undefined {
  if (!isId(envelope.eventId)) return "eventId is not a UUID.";
  if (typeof envelope.eventType !== "string") return "eventType is missing.";
  if (typeof envelope.version !== "string") return "version is missing.";
  if (typeof envelope.timestamp !== "string" || Number.isNaN(Date.parse(envelope.timestamp)))
    return "timestamp is not an ISO 8601 time.";
  if (typeof envelope.payload !== "object" || envelope.payload === null) return "payload is missing.";
  return undefined;
}

function checked(envelope: Envelope, meta: EventMeta, registry: Registry): Decoded {
  const known = registry.event(envelope.eventType);
  if (!known) return refuse("UNKNOWN_TYPE", `No contract declares ${envelope.eventType}.`, envelope);
  const result = known.read(envelope.version, envelope.payload);
  if (!result.ok) return refuse(result.code, result.message, envelope);
  const { eventId, version, timestamp } = envelope;
  const event = {
    eventId,
    eventType: envelope.eventType as EventName,
    version,
    timestamp: new Date(timestamp),
    payload: result.payload as never,
    meta,
  };
  return { ok: true, event };
}
