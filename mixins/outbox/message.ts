/** Outbox row -> AMQP message, and AMQP message -> metadata. The two directions live together so that they agree. */
import type { ConsumeMessage, MessageProperties, Options } from "amqplib";
import type { EventMeta } from "../amqp/envelope.ts";
import { EVENTS_EXCHANGE, HEADER } from "../amqp/names.ts";
import type { OutboxRow } from "./row.ts";

export interface OutgoingMessage {
  exchange: string;
  routingKey: string;
  content: Buffer;
  options: Options.Publish;
}

export function messageOf(row: OutboxRow): OutgoingMessage {
  return {
    exchange: row.target ? "" : EVENTS_EXCHANGE,
    routingKey: row.target?.queue ?? row.eventType,
    content: Buffer.from(row.body),
    options: {
      messageId: row.eventId,
      type: row.eventType,
      timestamp: Math.floor(row.timestamp.getTime() / 1000),
      contentType: "application/json",
      deliveryMode: 2,
      mandatory: true,
      ...(row.meta.correlationId && { correlationId: row.meta.correlationId }),
      ...(row.meta.producer && { appId: row.meta.producer }),
      headers: { ...headersOf(row.meta), ...row.target?.headers },
    },
  };
}

function headersOf(meta: EventMeta): Record<string, string | number> {
  const headers: Record<string, string | number> = {};
  if (meta.causationId) headers[HEADER.causationId] = meta.causationId;
  if (meta.actorId) headers[HEADER.actorId] = meta.actorId;
  if (meta.aggregateId) headers[HEADER.aggregateId] = meta.aggregateId;
  if (meta.aggregateVersion !== undefined) headers[HEADER.aggregateVersion] = meta.aggregateVersion;
  if (meta.traceparent) headers[HEADER.traceparent] = meta.traceparent;
  return headers;
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** Never throws: what is missing or of another type is left out. */
export function metaOf(message: Pick<ConsumeMessage, "properties">): EventMeta {
  const {
    headers = {},
    correlationId,
    appId,
  } = message.properties as MessageProperties & { headers?: Record<string, unknown> };
  const version = headers[HEADER.aggregateVersion];
  const meta: Record<keyof EventMeta, string | number | undefined> = {
    correlationId: text(correlationId),
    producer: text(appId),
    causationId: text(headers[HEADER.causationId]),
    actorId: text(headers[HEADER.actorId]),
    aggregateId: text(headers[HEADER.aggregateId]),
    traceparent: text(headers[HEADER.traceparent]),
    aggregateVersion: typeof version === "number" ? version : undefined,
  };
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined)) as EventMeta;
}
