/** One delivery on its way through the consumer, and the transaction that handles one or several of them. */
import type { Db } from "mongodb";
import type { EventMeta, IncomingEvent } from "../amqp/envelope.ts";
import type { Delivery } from "../amqp/subscription.ts";
import type { Backbone } from "../backbone.ts";
import { claim, type InboxEntry, inboxKey } from "../idempotency/inbox.ts";
import type { EventName } from "../kit/contracts.ts";
import { crashPoint } from "../kit/crash-point.ts";
import { withTransaction } from "../mongo/transaction.ts";
import type { OutboxRow } from "../outbox/row.ts";
import { insertRows, openTx } from "../outbox/transaction.ts";
import { erasePerson } from "../privacy/erase.ts";
import { goneIn } from "../privacy/personal.ts";
import type { Arrival, EventHandler, HandlerTools } from "./handler.ts";
import type { DeliveryState } from "./message.ts";

/** A decoded delivery with its handler. */
export interface Work {
  readonly delivery: Delivery;
  readonly event: IncomingEvent;
  /** undefined: a binding matched, but nobody handles it. */
  readonly handler: EventHandler | undefined;
  readonly state: DeliveryState;
  /** When it came, monotonic milliseconds. */
  readonly since: number;
}

export interface WorkContext {
  readonly service: string;
  readonly backbone: Backbone;
  readonly db: Db;
  readonly tools: HandlerTools;
}

/**
 * Inbox claims first, then every handler with its facts, all in one transaction.
 * @throws whatever a handler or MongoDB threw; a duplicate-key error of the inbox when one of them is done already
 */
export async function runTransaction(
  context: WorkContext,
  works: readonly Work[],
  attempt: (work: Work) => number,
): Promise<void> {
  const { backbone, service, db, tools } = context;
  const { registry } = backbone;
  const committed = await withTransaction(backbone.client, async (session) => {
    const hooks: (() => void)[] = [];
    const rows: OutboxRow[] = [];
    const now = backbone.clock();
    const entries = works.map((work) => inboxEntry(service, work, attempt(work), now));
    await claim(db, session, entries);
    for (const group of groupsOf(works)) {
      const { handler } = group[0];
      const gone = group.flatMap(({ event }) => goneIn(registry.event(event.eventType)?.def, event.payload) ?? []);
      if (!handler && gone.length === 0) continue;
      // What was published of the person in this very transaction is erased with the rest.
      if (gone.length > 0) await insertRows({ db, session }, rows.splice(0));
      const arrivals = group.map(({ event }) => {
        const options = { client: backbone.client, db, service, registry, now, cause: causeOf(event, service) };
        const { tx, committed } = openTx(options, session, rows, works.length > 1);
        hooks.push(committed);
        return { event, tx };
      }) as [Arrival<EventName, string>, ...Arrival<EventName, string>[]];
      const [{ event, tx }] = arrivals;
      if (arrivals.length > 1) await handler?.handleAll?.(arrivals, tools);
      else await handler?.handle(event, tx, tools);
      for (const personId of gone) await erasePerson(tx, registry, personId);
    }
    await insertRows({ db, session }, rows);
    crashPoint("consumer.mid-handler");
    return hooks;
  });
  crashPoint("consumer.before-ack");
  for (const hook of committed) hook();
}

/** Neighbours that one call of their handler takes; all others for themselves. Pure. */
export function groupsOf<W extends { handler: Pick<EventHandler, "handleAll"> | undefined }>(
  works: readonly W[],
): [W, ...W[]][] {
  const groups: [W, ...W[]][] = [];
  for (const work of works) {
    const last = groups.at(-1);
    const handleAll = work.handler?.handleAll;
    if (last && handleAll && last[0].handler?.handleAll === handleAll) last.push(work);
    else groups.push([work]);
  }
  return groups;
}

function inboxEntry(consumer: string, { event, handler, state }: Work, attempt: number, at: Date): InboxEntry {
  return {
    _id: inboxKey(consumer, event.eventId),
    consumer,
    eventId: event.eventId,
    eventType: event.eventType,
    at,
    attempt,
    episode: state.episode,
    result: handler ? "handled" : "ignored",
  };
}

/** What a handler publishes was caused by the event it handles. */
const causeOf = (event: IncomingEvent, service: string): EventMeta => ({
  causationId: event.eventId,
  actorId: `system:${service}`,
  ...(event.meta.correlationId && { correlationId: event.meta.correlationId }),
  ...(event.meta.traceparent && { traceparent: event.meta.traceparent }),
});
