/** Reading what the wire says about a delivery, and making its retry and dead-letter copies. Pure. */
import type { ConsumeMessage } from "amqplib";
import { HEADER } from "../amqp/names.ts";
import type { OutgoingMessage } from "../outbox/message.ts";

export interface DeliveryState {
  /** Attempts made before this delivery, in this episode. */
  attempts: number;
  episode: number;
  /** Deliveries without an outcome: the process died, or the channel was lost. */
  deliveryCount: number;
  firstFailedAt: string | undefined;
}

const count = (value: unknown, fallback: number): number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : fallback;

export function stateOf(message: ConsumeMessage): DeliveryState {
  const headers: Record<string, unknown> = message.properties.headers ?? {};
  const firstFailedAt = headers[HEADER.firstFailedAt];
  return {
    attempts: count(headers[HEADER.attempt], 0),
    episode: count(headers[HEADER.episode], 1),
    deliveryCount: count(headers[HEADER.deliveryCount], 0),
    firstFailedAt: typeof firstFailedAt === "string" ? firstFailedAt : undefined,
  };
}

export interface Failure {
  consumer: string;
  attempt: number;
  firstFailedAt: string;
  code: string;
  message: string;
}

const MAX_ERROR_TEXT = 500;
/** Set by the broker anew on every message: a copy must not carry them on. */
const BROKER_HEADERS = [HEADER.deliveryCount, "CC", "BCC"];

/** A copy for one queue, by the default exchange, with every property of the original. */
export function copyTo(queue: string, message: ConsumeMessage, failure?: Failure): OutgoingMessage {
  const { headers = {}, ...properties } = message.properties;
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !BROKER_HEADERS.includes(name)));
  const added = failure && {
    [HEADER.consumer]: failure.consumer,
    [HEADER.attempt]: failure.attempt,
    [HEADER.firstFailedAt]: failure.firstFailedAt,
    [HEADER.errorCode]: failure.code,
    [HEADER.errorMessage]: failure.message.slice(0, MAX_ERROR_TEXT),
  };
  const options = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
  return {
    exchange: "",
    routingKey: queue,
    content: message.content,
    options: { ...options, deliveryMode: 2, mandatory: true, headers: { ...kept, ...added } },
  };
}
