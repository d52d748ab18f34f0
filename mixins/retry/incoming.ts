/** What a message on a dead-letter queue says about itself. Pure; never throws, whatever the bytes are. */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import { decode } from "../amqp/envelope.ts";
import { DELIVERY_LIMIT, HEADER } from "../amqp/names.ts";
import { isId } from "../kit/ids.ts";
import type { Registry } from "../kit/registry.ts";
import { consumerOf, deadLetterId } from "./dead-letter.ts";
import { jsonSafe, type SafeHeaders } from "./json-safe.ts";

/** Longer bodies are not searched for an envelope, bytes. */
const MAX_PARSED_BYTES = 4 * 1024 * 1024;
const MAX_TEXT = 500;

export interface Incoming {
  /** The document that it belongs to. */
  id: string;
  consumer: string;
  eventId: string | null;
  eventType: string;
  buildingId: string | null;
  code: string;
  message: string;
  attempts: number;
  episode: number;
  firstFailedAt: Date;
  content: Buffer;
  properties: Record<string, unknown>;
}

/** The envelope's fields as far as the bytes hold them; of the right type or absent. */
export interface Readable {
  eventId?: string;
  eventType?: string;
  version?: string;
  timestamp?: string;
  payload?: unknown;
}

export function readable(content: Buffer): Readable {
  if (content.length > MAX_PARSED_BYTES) return {};
  try {
    const body: unknown = JSON.parse(content.toString("utf8"));
    if (typeof body !== "object" || body === null || Array.isArray(body)) return {};
    const { eventId, eventType, version, timestamp, payload } = body as Readable;
    return {
      ...(isId(eventId) && { eventId }),
      ...(typeof eventType === "string" && { eventType }),
      ...(typeof version === "string" && { version }),
      ...(typeof timestamp === "string" && { timestamp }),
      ...(payload !== undefined && { payload }),
    };
  } catch {
    return {};
  }
}

export function buildingOf(payload: unknown): string | null {
  const buildingId = (payload as { buildingId?: unknown } | null | undefined)?.buildingId;
  return typeof buildingId === "string" ? buildingId : null;
}

export function incomingOf(message: ConsumeMessage, consumer: string, registry: Registry, now: Date): Incoming {
  const { content } = message;
  const properties = jsonSafe(message.properties) as Record<string, unknown> & {
    headers?: SafeHeaders;
  };
  const headers = properties.headers ?? {};
  const known = readable(content);
  const cause = causeOf(message, headers, consumer, registry);
  return {
    id: idOf(headers[HEADER.deadLetter], consumer, known.eventId, content),
    consumer,
    eventId: known.eventId ?? null,
    eventType: known.eventType?.slice(0, MAX_TEXT) ?? text(properties.type) ?? "unknown",
    buildingId: buildingOf(known.payload),
    ...cause,
    episode: count(headers[HEADER.episode]) ?? 1,
    firstFailedAt: dateOf(headers[HEADER.firstFailedAt]) ?? now,
    content,
    properties,
  };
}

/** A replay names its dead letter, so that a failure comes back to it even under another eventId. */
function idOf(named: unknown, consumer: string, eventId: string | undefined, content: Buffer): string {
  if (typeof named === "string" && consumerOf(named) === consumer) return named;
  return deadLetterId(consumer, eventId ?? `sha256-${createHash("sha256").update(content).digest("hex")}`);
}

type Cause = Pick<Incoming, "code" | "message" | "attempts">;

/** Ordered: the broker's delivery limit, what our consumer says, what the bytes say, else unknown. */
function causeOf(message: ConsumeMessage, headers: SafeHeaders, consumer: string, registry: Registry): Cause {
  if (hitDeliveryLimit(headers, consumer)) {
    const attempts = count(headers[HEADER.deliveryCount]) ?? DELIVERY_LIMIT;
    return {
      code: "delivery_limit",
      message: `Delivered ${attempts} times without an outcome: the process died, or lost its channel, each time.`,
      attempts,
    };
  }
  const attempts = count(headers[HEADER.attempt]) ?? 1;
  const code = text(headers[HEADER.errorCode]);
  if (code)
    return {
      code,
      message: text(headers[HEADER.errorMessage]) ?? "",
      attempts,
    };
  const decoded = decode(message.content, {}, registry);
  if (!decoded.ok)
    return {
      code: decoded.refusal.code,
      message: decoded.refusal.message.slice(0, MAX_TEXT),
      attempts,
    };
  return {
    code: "unknown",
    message: "The message came to the dead letters without saying why.",
    attempts,
  };
}

function hitDeliveryLimit(headers: SafeHeaders, consumer: string): boolean {
  const deaths = headers["x-death"];
  if (!Array.isArray(deaths)) return false;
  return deaths.some(
    (death: { reason?: unknown; queue?: unknown } | null) =>
      death?.reason === "delivery_limit" && death.queue === `${consumer}.q`,
  );
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value.slice(0, MAX_TEXT) : undefined;
const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

function dateOf(value: unknown): Date | undefined {
  const date = typeof value === "string" ? new Date(value) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}

/** How a body is kept: text where it is UTF-8. */
export function storedBody(content: Buffer): {
  body: string;
  bodyEncoding: "utf8" | "base64";
  bytes: number;
} {
  const bodyEncoding = isUtf8(content) ? "utf8" : "base64";
  return {
    body: content.toString(bodyEncoding),
    bodyEncoding,
    bytes: content.length,
  };
}
