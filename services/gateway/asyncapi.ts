/** AsyncAPI 3.0 of the events, from the contracts: as one document, or one service's share. Pure. */
import { EVENTS_EXCHANGE, HEADER, queueOf } from "../../mixins/amqp/names.ts";
import { matches } from "../../mixins/consumer/handler.ts";
import type { Contract, EventDef, Version } from "../../mixins/kit/contracts.ts";
import { type JsonObject, plainSchema } from "./json-schema.ts";

export interface CatalogueEvent {
  type: string;
  owner: string;
  def: EventDef;
  /** Services whose bindings match it. */
  consumers: string[];
}

/** Every event with its owner and its consumers, by name. */
export function catalogue(contracts: readonly Contract[]): CatalogueEvent[] {
  return contracts
    .flatMap((contract) =>
      Object.entries(contract.events).map(([type, def]) => ({
        type,
        owner: contract.service,
        def,
        consumers: consumersOf(contracts, type),
      })),
    )
    .sort((a, b) => a.type.localeCompare(b.type));
}

const consumersOf = (contracts: readonly Contract[], type: string): string[] =>
  contracts.filter(({ consumes }) => consumes.some((pattern) => matches(pattern, type))).map(({ service }) => service);

/** @param service only what it publishes and consumes */
export function asyncApi(contracts: readonly Contract[], service?: string): JsonObject {
  const concerns = (name: string): boolean => service === undefined || service === name;
  const events = catalogue(contracts).filter(({ owner, consumers }) => concerns(owner) || consumers.some(concerns));
  const summary = contracts.find((contract) => contract.service === service)?.summary;
  return {
    asyncapi: "3.0.0",
    info: {
      title: service === undefined ? "Events of the residential community platform" : `Events of ${service}`,
      version: "1",
      description:
        summary ??
        "Every fact goes through the topic exchange app.events, routing key = event type, and arrives at least once.",
    },
    servers: {
      broker: { host: "localhost:5672", protocol: "amqp", description: "RabbitMQ, the vhost of the events." },
    },
    defaultContentType: "application/json",
    channels: Object.fromEntries(events.map((event) => [event.type, channel(event)])),
    operations: Object.fromEntries(events.flatMap((event) => operations(event, contracts, concerns))),
    components: { messages: Object.fromEntries(events.flatMap(messages)) },
  };
}

const versionsOf = (def: EventDef): Version[] => Object.keys(def.versions) as Version[];
const messageName = (type: string, version: Version): string => `${type}.${version}`;

function channel({ type, def, owner }: CatalogueEvent): JsonObject {
  return {
    address: type,
    description: `Published by ${owner}.`,
    messages: Object.fromEntries(
      versionsOf(def).map((version) => [version, { $ref: `#/components/messages/${messageName(type, version)}` }]),
    ),
    bindings: {
      amqp: {
        is: "routingKey",
        exchange: { name: EVENTS_EXCHANGE, type: "topic", durable: true, autoDelete: false, vhost: "/" },
        bindingVersion: "0.3.0",
      },
    },
  };
}

function operations(
  { type, owner, def, consumers }: CatalogueEvent,
  contracts: readonly Contract[],
  concerns: (service: string) => boolean,
): [string, JsonObject][] {
  const channelRef = { $ref: `#/channels/${type}` };
  const ref = (version: Version): JsonObject => ({ $ref: `#/channels/${type}/messages/${version}` });
  const send: [string, JsonObject] = [
    `${owner}.send.${type}`,
    {
      action: "send",
      channel: channelRef,
      messages: [ref(def.current)],
      summary: `${owner} publishes it`,
      bindings: { amqp: { deliveryMode: 2, mandatory: true, timestamp: true, bindingVersion: "0.3.0" } },
    },
  ];
  const receives = consumers.filter(concerns).map((consumer): [string, JsonObject] => {
    const patterns =
      contracts.find(({ service }) => service === consumer)?.consumes.filter((pattern) => matches(pattern, type)) ?? [];
    const summary = `${queueOf(consumer)} gets it (bound by ${patterns.join(", ")})`;
    return [
      `${consumer}.receive.${type}`,
      { action: "receive", channel: channelRef, messages: versionsOf(def).map(ref), summary },
    ];
  });
  return concerns(owner) ? [send, ...receives] : receives;
}

function messages({ type, def }: CatalogueEvent): [string, JsonObject][] {
  return versionsOf(def).map((version) => [
    messageName(type, version),
    {
      name: type,
      title: `${type} ${version}`,
      summary: version === def.current ? "Current version." : "Older version; still understood.",
      contentType: "application/json",
      headers: HEADERS,
      payload: envelopeSchema(type, version, def),
    },
  ]);
}

const time: JsonObject = { type: "string", format: "date-time" };

/** The guide's envelope around the payload's schema. */
export function envelopeSchema(type: string, version: Version, def: EventDef): JsonObject {
  return {
    type: "object",
    required: ["eventId", "version", "eventType", "timestamp", "payload"],
    properties: {
      eventId: { type: "string", format: "uuid" },
      version: { const: version },
      eventType: { const: type },
      timestamp: time,
      payload: plainSchema(def.versions[version]?.schema ?? {}),
    },
  };
}

const HEADERS: JsonObject = {
  type: "object",
  properties: {
    [HEADER.causationId]: { type: "string", format: "uuid", description: "Id of the event that caused this one." },
    [HEADER.actorId]: { type: "string", description: "A user's id, or system:<service>." },
    [HEADER.aggregateId]: { type: "string" },
    [HEADER.aggregateVersion]: { type: "integer", description: "Compare before overwriting: a higher one is newer." },
    [HEADER.traceparent]: { type: "string" },
  },
};
