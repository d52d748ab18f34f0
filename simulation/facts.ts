/** Events of the simulation: what they are, and what the handlers make of them. */
import type { OutboxRow } from "../mixins/outbox/row.ts";

/**
 * `fine`: handled. `poison`: fails for ever, until its dead letter is replayed. `flaky`: fails twice. `chain`: its
 * handler publishes a fact of its own.
 */
export type Kind = "fine" | "poison" | "flaky" | "chain";

export function rowOf(id: string, kind: Kind, target?: OutboxRow["target"] & { eventId: string }): OutboxRow {
  const eventId = target?.eventId ?? id;
  return {
    _id: id,
    eventId,
    eventType: `thing.${kind}`,
    version: "v1",
    timestamp: new Date(0),
    body: eventId,
    meta: {},
    publishedAt: null,
    ...(target && { target: { queue: target.queue, headers: target.headers } }),
  };
}

export const kindOf = (eventType: string): Kind => eventType.slice("thing.".length) as Kind;
