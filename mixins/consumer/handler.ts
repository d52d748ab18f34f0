/** What a service does with an event. One file each: `handlers/on-<event>.ts`. */
import type { IncomingEvent } from "../amqp/envelope.ts";
import type { EventName } from "../kit/contracts.ts";
import type { Call, Logger } from "../kit/implement.ts";
import type { Tx } from "../outbox/transaction.ts";

export interface HandlerTools {
  /** A synchronous question; when its service is away, the consumer pauses and burns no attempt. */
  readonly call: Call;
  readonly logger: Logger;
}

export interface HandlerOptions {
  /**
   * May run with other messages in one transaction (default true). Say false for a handler that takes long or that
   * asks other services. On any error the batch falls back to one message a transaction.
   */
  batch?: boolean;
  /** Nobody waits for its effect: a message may wait so long for others to share a transaction with, milliseconds. */
  lingerMs?: number;
}

/** Nobody sees the difference, and what comes together costs little more than one. */
export const BRIEF = { lingerMs: 30 } as const;
/** What has taken somebody else longer than that. */
export const SLOW = { lingerMs: 100 } as const;

/** `O` is the consuming service. A handler writes through `tx` only, and may run several times. */
export type Handle<K extends EventName, O extends string> = (
  event: IncomingEvent<K>,
  tx: Tx<O>,
  tools: HandlerTools,
) => Promise<void>;

/** One of several events of a transaction; what is published by this `tx` was caused by this event. */
export interface Arrival<K extends EventName, O extends string> {
  readonly event: IncomingEvent<K>;
  readonly tx: Tx<O>;
}

/** At least one event, in the order in which they came; all `tx` are one transaction. May run several times. */
export type HandleAll<K extends EventName, O extends string> = (
  arrivals: readonly [Arrival<K, O>, ...Arrival<K, O>[]],
  tools: HandlerTools,
) => Promise<void>;

export interface EventHandler {
  /** An event's name, or a pattern with `*` (one word) or `#` (any number of words). */
  readonly pattern: string;
  readonly batch: boolean;
  readonly handle: (event: IncomingEvent, tx: Tx, tools: HandlerTools) => Promise<void>;
  /** Neighbours in a batch that have the same one are handled by it in one go. */
  readonly handleAll?: HandleAll<EventName, string>;
  readonly lingerMs?: number;
}

/** Handles one event by name: a wrong name, or a payload field that is not there, does not compile. */
export function onEvent<K extends EventName, O extends string>(
  eventType: K,
  handle: Handle<K, O>,
  options: HandlerOptions = {},
): EventHandler {
  return { pattern: eventType, batch: true, ...options, handle: handle as unknown as EventHandler["handle"] };
}

/**
 * Handles what came together in one go: for handlers whose reads and writes for many events are as few as for one.
 * `#`: whatever comes and has no handler by name.
 */
export function onTogether<K extends EventName, O extends string>(
  eventTypes: readonly (K | "#")[],
  handleAll: HandleAll<K, O>,
  options: Pick<HandlerOptions, "lingerMs"> = {},
): EventHandler[] {
  const all = handleAll as unknown as HandleAll<EventName, string>;
  const handle: EventHandler["handle"] = (event, tx, tools) => all([{ event: event as never, tx }], tools);
  const common = { batch: true, handle, handleAll: all, ...options };
  return eventTypes.map((pattern) => ({ pattern, ...common }));
}

/** Pure: does a topic pattern match a routing key? Same rules as RabbitMQ's topic exchange. */
export function matches(pattern: string, key: string): boolean {
  const walk = (p: readonly string[], k: readonly string[]): boolean => {
    const [head, ...rest] = p;
    if (head === undefined) return k.length === 0;
    if (head === "#") return walk(rest, k) || (k.length > 0 && walk(p, k.slice(1)));
    return k.length > 0 && (head === "*" || head === k[0]) && walk(rest, k.slice(1));
  };
  return walk(pattern.split("."), key.split("."));
}

/** Pure: the most specific handler: by name, then the most literal words, then `*` before `#`. */
export function handlerFor(handlers: readonly EventHandler[], eventType: string): EventHandler | undefined {
  const rank = (pattern: string): number =>
    pattern.split(".").reduce((sum, word) => sum + (word === "#" ? 0 : word === "*" ? 1 : 100), 0);
  return handlers
    .filter((handler) => matches(handler.pattern, eventType))
    .sort((a, b) => rank(b.pattern) - rank(a.pattern))[0];
}
