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
}

/** `O` is the consuming service. A handler writes through `tx` only, and may run several times. */
export type Handle<K extends EventName, O extends string> = (
  event: IncomingEvent<K>,
  tx: Tx<O>,
  tools: HandlerTools,
) => Promise<void>;

export interface EventHandler {
  /** An event's name, or a pattern with `*` (one word) or `#` (any number of words). */
  readonly pattern: string;
  readonly batch: boolean;
  readonly handle: (event: IncomingEvent, tx: Tx, tools: HandlerTools) => Promise<void>;
}

/** Handles one event by name: a wrong name, or a payload field that is not there, does not compile. */
export function onEvent<K extends EventName, O extends string>(
  eventType: K,
  handle: Handle<K, O>,
  options: HandlerOptions = {},
): EventHandler {
  return { pattern: eventType, batch: options.batch ?? true, handle: handle as unknown as EventHandler["handle"] };
}

/** Handles whatever matches; a handler by name goes first. */
export function onPattern<O extends string>(
  pattern: string,
  handle: Handle<EventName, O>,
  options: HandlerOptions = {},
): EventHandler {
  return { pattern, batch: options.batch ?? true, handle: handle as unknown as EventHandler["handle"] };
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
