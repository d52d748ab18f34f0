/** The way of one event, put together from what every service knows of it. Pure. */

import type { EventTrace } from "../../mixins/backbone-actions.ts";
import { matches } from "../../mixins/consumer/handler.ts";
import type { Contract, ResultOf } from "../../mixins/kit/contracts.ts";
import type { OutboxRow } from "../../mixins/outbox/row.ts";
import type { EventDoc } from "./repository.ts";
import { iso, loggedEvent } from "./views.ts";

export type Biography = ResultOf<"analytics.showEvent">;
type ConsumerWay = Biography["consumers"][number];
type State = ConsumerWay["state"];

export interface Known {
  eventId: string;
  /** Of the event log. */
  logged: EventDoc | null;
  traces: readonly EventTrace[];
  /** Services that did not answer. */
  unavailable: readonly string[];
}

/** @returns null when nobody knows the event */
export function biography(
  { eventId, logged, traces, unavailable }: Known,
  contracts: readonly Contract[],
): Biography | null {
  const fact = factOf(traces, eventId);
  const eventType = logged?.eventType ?? fact?.row.eventType ?? traces.map(typeIn).find((type) => type !== undefined);
  if (eventType === undefined) return null;
  return {
    ...(logged ? loggedEvent(logged) : headOf(eventId, eventType, fact?.row)),
    payload: payloadOf(logged, fact?.row),
    committed: committedOf(logged, fact),
    published: publishedOf(logged, fact?.row),
    consumers: consumersOf(eventType, traces, unavailable, contracts),
    replays: traces.flatMap(({ service, outbox }) =>
      outbox.filter(isReplay).map(({ publishedAt }) => ({ service, publishedAt: iso(publishedAt) })),
    ),
    history: historyOf(traces),
    unavailable: [...unavailable],
  };
}

interface OwnedRow {
  service: string;
  row: OutboxRow;
}

const isReplay = ({ target }: OutboxRow): boolean => target !== undefined;

/** The owner's row: the fact itself, not a replay of it. */
function factOf(traces: readonly EventTrace[], eventId: string): OwnedRow | undefined {
  return traces
    .flatMap(({ service, outbox }) => outbox.map((row) => ({ service, row })))
    .find(({ row }) => !isReplay(row) && row.eventId === eventId);
}

const typeIn = ({ outbox, inbox, deadLetter }: EventTrace): string | undefined =>
  outbox[0]?.eventType ?? inbox?.eventType ?? deadLetter?.eventType;

/** What is known of an event that the log does not have (yet, or any longer). */
function headOf(
  eventId: string,
  eventType: string,
  row: OutboxRow | undefined,
): Omit<Biography, "payload" | "committed" | "published" | "consumers" | "replays" | "history" | "unavailable"> {
  const meta = row?.meta;
  return {
    eventId,
    eventType,
    version: row?.version ?? "",
    timestamp: iso(row?.timestamp) ?? timeOfId(eventId),
    receivedAt: null,
    producer: meta?.producer ?? null,
    correlationId: meta?.correlationId ?? null,
    causationId: meta?.causationId ?? null,
    actorId: meta?.actorId ?? null,
    aggregateId: meta?.aggregateId ?? null,
    aggregateVersion: meta?.aggregateVersion ?? null,
    buildingId: null,
  };
}

/** A UUID v7 begins with its milliseconds. */
const timeOfId = (id: string): string =>
  new Date(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toISOString();

function payloadOf(logged: EventDoc | null, row: OutboxRow | undefined): unknown {
  if (logged) return JSON.parse(logged.payload);
  return row ? (JSON.parse(row.body) as { payload: unknown }).payload : null;
}

function committedOf(logged: EventDoc | null, fact: OwnedRow | undefined): Biography["committed"] {
  if (fact) return { service: fact.service, at: iso(fact.row.timestamp) ?? "" };
  // The row has expired; the log remembers.
  return logged?.producer ? { service: logged.producer, at: logged.timestamp.toISOString() } : null;
}

function publishedOf(logged: EventDoc | null, row: OutboxRow | undefined): Biography["published"] {
  if (row?.publishedAt) return { state: "published", at: iso(row.publishedAt), reason: null };
  if (row?.failed) return { state: "failed", at: null, reason: row.failed.reason };
  if (row?.unroutable) return { state: "unroutable", at: null, reason: "No queue is bound to it." };
  // It has arrived, so it was published; its row has expired, or is not marked yet.
  if (logged) return { state: "published", at: null, reason: null };
  return row ? { state: "pending", at: null, reason: null } : { state: "unknown", at: null, reason: null };
}

function consumersOf(
  eventType: string,
  traces: readonly EventTrace[],
  unavailable: readonly string[],
  contracts: readonly Contract[],
): ConsumerWay[] {
  const bound = contracts
    .filter(({ consumes }) => consumes.some((pattern) => matches(pattern, eventType)))
    .map(({ service }) => service);
  // A binding may have gone since; what a service has on record counts.
  const onRecord = traces
    .filter(({ inbox, failures, deadLetter }) => inbox || failures.length > 0 || deadLetter)
    .map(({ service }) => service);
  return [...new Set([...bound, ...onRecord])].sort().map((service) => {
    const trace = traces.find((one) => one.service === service);
    return wayOf(service, trace, unavailable.includes(service) || !trace);
  });
}

function wayOf(service: string, trace: EventTrace | undefined, away: boolean): ConsumerWay {
  const { inbox = null, failures = [], deadLetter = null } = trace ?? {};
  return {
    service,
    state: away ? "unknown" : stateOf(trace),
    handledAt: iso(inbox?.at),
    attempt: inbox?.attempt ?? null,
    episode: inbox?.episode ?? deadLetter?.episode ?? null,
    failures: failures.map(({ attempt, episode, at, code, message }) => ({
      attempt,
      episode,
      at: iso(at) ?? "",
      code,
      message,
    })),
    deadLetter: deadLetter && {
      id: deadLetter._id,
      status: deadLetter.status,
      code: deadLetter.code,
      edited: deadLetter.edited,
      deadAt: iso(deadLetter.deadAt) ?? "",
      replayedAs: [...deadLetter.replayedAs],
    },
  };
}

const LETTER_STATE: Readonly<Record<string, State>> = {
  open: "dead",
  replaying: "replaying",
  resolved: "done",
  discarded: "discarded",
};

function stateOf(trace: EventTrace | undefined): State {
  if (trace?.inbox) return trace.inbox.result === "ignored" ? "ignored" : "done";
  if (trace?.deadLetter) return LETTER_STATE[trace.deadLetter.status] ?? "unknown";
  return trace && trace.failures.length > 0 ? "retrying" : "waiting";
}

/** Audit ids are UUID v7: their order is the order of the steps, across services too. */
const historyOf = (traces: readonly EventTrace[]): Biography["history"] =>
  [
    ...traces
      .flatMap(({ audit }) => audit)
      .sort((a, b) => (a._id < b._id ? -1 : 1))
      .map(({ at, consumer, step, actorId, detail }) => ({
        at: iso(at) ?? "",
        service: consumer,
        step,
        actorId,
        detail,
      })),
    ...traces.flatMap(({ service, outbox }) => outbox.flatMap((row) => republishOf(service, row))),
  ].sort((a, b) => a.at.localeCompare(b.at));

/** The last time only: the row keeps no more. */
const republishOf = (service: string, { republish }: OutboxRow): Biography["history"] =>
  republish ? [{ at: iso(republish.at) ?? "", service, step: "republished", actorId: republish.by, detail: {} }] : [];
