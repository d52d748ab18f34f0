/**
 * The checker: compares the ledger with outbox rows, inboxes, effects, dead letters, queues and jobs by the invariants
 * of reliability.md, one by one. Pure: it gets a snapshot that was taken after the faults had stopped.
 */
import { matches } from "../../mixins/consumer/handler.ts";
import type { Write } from "./ledger.ts";

export interface RowFacts {
  id: string;
  eventId: string;
  eventType: string;
  owner: string;
  published: boolean;
  unroutable: boolean;
  failed: boolean;
  /** Queue of a replay; null: app.events. */
  target: string | null;
  aggregateId: string | null;
  causationId: string | null;
  /** Of the payload. */
  n: number | null;
  buildingId: string | null;
}

export interface EffectFacts {
  eventId: string;
  /** Tells several effects of one event apart (a notification for each user and channel). */
  part: string;
  buildingId: string | null;
}

export interface LetterFacts {
  id: string;
  eventId: string | null;
  replayedAs: string[];
  status: string;
  code: string;
  attempts: number;
  version: number;
  buildingId: string | null;
  auditEntries: number;
}

export interface ConsumerFacts {
  name: string;
  /** Binding patterns. */
  patterns: readonly string[];
  inbox: { key: string; eventId: string; handled: boolean }[];
  /** Of the event types in `leaves`. */
  effects: EffectFacts[];
  /** Does a handled event of this type leave an effect that is counted? */
  leaves: (eventType: string) => boolean;
  letters: LetterFacts[];
  /** Failed attempts on record. */
  attempts: { eventId: string; episode: number; count: number }[];
}

export interface Snapshot {
  writes: readonly Write[];
  rows: RowFacts[];
  consumers: ConsumerFacts[];
  /** Messages that lie in a queue. */
  queues: { name: string; messages: number }[];
  /** Jobs that are due and not done. */
  jobs: { service: string; id: string }[];
  /** Copies of each event that an independent queue has seen; null: there was none. */
  wire: ReadonlyMap<string, number> | null;
  /** Findings on saved resume tokens, gathered while faults were going on. */
  tokens: Finding[];
}

export type Kind = "lost" | "doubled" | "phantom" | "pending" | "broken";
export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8" | "I9" | "I10";

export interface Finding {
  kind: Kind;
  invariant: Invariant;
  /** eventId, or what else names it. */
  id: string;
  consumer: string | null;
  text: string;
}

export interface Verdict {
  lost: number;
  doubled: number;
  phantom: number;
  pending: number;
  /** Findings of the other invariants (I4 to I9). */
  broken: number;
  findings: Finding[];
  /** What moved beyond the deadline. It was read while it moved, so that an effect may be newer than the rows. */
  moving?: string;
  /** What it looked at. */
  accepted: number;
  events: number;
  effects: number;
}

export function check(snapshot: Snapshot): Verdict {
  const findings = [
    ...checkWrites(snapshot),
    ...checkRows(snapshot),
    ...snapshot.consumers.flatMap((consumer) => checkConsumer(consumer, snapshot)),
    ...checkQuiet(snapshot),
    ...snapshot.tokens,
  ];
  const count = (kind: Kind): number => findings.filter((finding) => finding.kind === kind).length;
  return {
    lost: count("lost"),
    doubled: count("doubled"),
    phantom: count("phantom"),
    pending: count("pending"),
    broken: count("broken"),
    findings,
    accepted: snapshot.writes.filter(({ state }) => state === "accepted").length,
    events: snapshot.rows.filter(({ target }) => target === null).length,
    effects: snapshot.consumers.reduce((sum, { effects }) => sum + effects.length, 0),
  };
}

export const isClean = ({ lost, doubled, phantom, pending, broken }: Verdict): boolean =>
  lost + doubled + phantom + pending + broken === 0;

/** `lost 0, doubled 0, phantom 0, pending 0`, or with the list of what was found. */
export function told(verdict: Verdict, most = 20): string {
  const { lost, doubled, phantom, pending, broken, findings, moving } = verdict;
  const sum = `lost ${lost}, doubled ${doubled}, phantom ${phantom}, pending ${pending}${broken > 0 ? `, otherwise broken ${broken}` : ""}`;
  const lines = findings.slice(0, most).map(line);
  const more = findings.length > most ? [`... and ${findings.length - most} more`] : [];
  const unrest = moving === undefined ? [] : [`  read while it still moved: ${moving}`];
  return [sum, ...unrest, ...lines, ...more].join("\n");
}

const line = ({ kind, invariant, id, consumer, text }: Finding): string =>
  `  ${invariant} ${kind}: ${consumer ? `${consumer}, ` : ""}${id}: ${text}`;

const finding = (kind: Kind, invariant: Invariant, id: string, text: string, consumer: string | null = null) =>
  ({ kind, invariant, id, consumer, text }) satisfies Finding;

/** Ledger against outbox: what was accepted is there once, what was refused is not there. */
function checkWrites({ writes, rows }: Snapshot): Finding[] {
  const facts = rows.filter(({ target }) => target === null);
  const byEvent = Map.groupBy(facts, ({ eventId }) => eventId);
  const byAggregate = Map.groupBy(facts, ({ eventType, aggregateId }) => `${eventType}/${aggregateId}`);
  const byNumber = Map.groupBy(facts, ({ owner, eventType, n }) => `${owner}/${eventType}/${n}`);
  const found: Finding[] = [];
  for (const write of writes) {
    const { state, owner, eventType, eventId, aggregateId, n } = write;
    const own = eventId
      ? byEvent.get(eventId)
      : aggregateId
        ? byAggregate.get(`${eventType}/${aggregateId}`)
        : byNumber.get(`${owner}/${eventType}/${n}`);
    const id = eventId ?? aggregateId ?? `n=${n}`;
    const count = own?.length ?? 0;
    if (state === "accepted" && count === 0) found.push(finding("lost", "I1", id, "accepted, but not in the outbox"));
    if (state === "refused" && count > 0) found.push(finding("phantom", "I3", id, "refused, but in the outbox"));
    if (count > 1) found.push(finding("doubled", "I2", id, `one write, ${count} outbox rows`));
  }
  return [...found, ...unasked(writes, facts)];
}

/** Facts of an owner that the ledger writes for, which nobody has asked for. */
function unasked(writes: readonly Write[], facts: readonly RowFacts[]): Finding[] {
  const asked = new Set(
    writes.flatMap(({ owner, eventType, n }) => (n === undefined ? [] : `${owner}/${eventType}/${n}`)),
  );
  const kinds = new Set(writes.flatMap(({ owner, eventType, n }) => (n === undefined ? [] : `${owner}/${eventType}`)));
  return facts
    .filter(({ owner, eventType, n }) => kinds.has(`${owner}/${eventType}`) && !asked.has(`${owner}/${eventType}/${n}`))
    .map(({ eventId }) => finding("phantom", "I3", eventId, "in the outbox, but nobody wrote it"));
}

/** Rows: published ones were on the wire; those that are not published are pending. */
function checkRows({ rows, wire }: Snapshot): Finding[] {
  return rows.flatMap(({ eventId, eventType, published, unroutable, failed, target }) => {
    if (failed) return finding("lost", "I1", eventId, `${eventType} is marked as never publishable`);
    if (!published)
      return finding("pending", "I10", eventId, `${eventType} is not published${unroutable ? " (unroutable)" : ""}`);
    if (wire && target === null && !wire.has(eventId))
      return finding("broken", "I4", eventId, `${eventType} is marked as published, and no queue has ever had it`);
    return [];
  });
}

/** One consumer's side: every event ends once, with one effect, or as one dead letter. */
function checkConsumer(consumer: ConsumerFacts, { rows, queues }: Snapshot): Finding[] {
  const { name, patterns, inbox, letters } = consumer;
  const owed = rows.filter(
    ({ published, target, eventType }) =>
      published && (target === null ? patterns.some((pattern) => matches(pattern, eventType)) : target === `${name}.q`),
  );
  const written = new Map(rows.map((row) => [row.eventId, row]));
  const done = new Map(inbox.map((entry) => [entry.eventId, entry]));
  const dead = Map.groupBy(letters, ({ eventId }) => eventId ?? "");
  const letterOf = (id: string) => letters.find(({ eventId, replayedAs }) => eventId === id || replayedAs.includes(id));
  const found: Finding[] = [];
  const add = (kind: Kind, invariant: Invariant, id: string, text: string): void =>
    void found.push(finding(kind, invariant, id, text, name));

  const missing = [...new Map(owed.map((row) => [row.eventId, row])).values()].filter(
    ({ eventId }) => !done.has(eventId) && !letterOf(eventId),
  );
  // As many as lie in its queues are on their way; which ones is not known.
  const waiting = queues
    .filter((queue) => queue.name.startsWith(`${name}.`))
    .reduce((sum, { messages }) => sum + messages, 0);
  for (const [place, { eventId, eventType }] of missing.entries())
    add(
      place < missing.length - waiting ? "lost" : "pending",
      "I1",
      eventId,
      `${eventType} has neither inbox entry nor dead letter`,
    );
  for (const { key, eventId } of inbox) {
    if (key !== inboxKeyOf(name, eventId)) add("broken", "I6", eventId, `its inbox key is ${key}`);
    if (!written.has(eventId)) add("phantom", "I3", eventId, "handled, but no outbox has it");
  }
  for (const [eventId, copies] of Map.groupBy(inbox, (entry) => entry.eventId))
    if (copies.length > 1) add("doubled", "I2", eventId, `${copies.length} inbox entries`);
  for (const [eventId, copies] of dead)
    if (eventId !== "" && copies.length > 1) add("doubled", "I6", eventId, `${copies.length} dead letters`);
  found.push(...checkEffects(consumer, written, done));
  found.push(...checkLetters(consumer, written, done));
  return found;
}

/** Written out here: the checker must not trust the code that it checks. */
const inboxKeyOf = (consumer: string, eventId: string): string => `${consumer}/${eventId}`;

function checkEffects(
  { name, effects, leaves }: ConsumerFacts,
  written: ReadonlyMap<string, RowFacts>,
  done: ReadonlyMap<string, { handled: boolean }>,
): Finding[] {
  const found: Finding[] = [];
  const add = (kind: Kind, invariant: Invariant, id: string, text: string): void =>
    void found.push(finding(kind, invariant, id, text, name));
  const byEvent = Map.groupBy(effects, ({ eventId }) => eventId);
  for (const [eventId, { handled }] of done) {
    const row = written.get(eventId);
    if (row && handled && leaves(row.eventType) && !byEvent.has(eventId))
      add("lost", "I6", eventId, `${row.eventType} is in the inbox, its effect is missing`);
  }
  for (const [eventId, parts] of byEvent) {
    const row = written.get(eventId);
    if (!row) add("phantom", "I3", eventId, "an effect, but no outbox has its event");
    if (!done.has(eventId)) add("broken", "I6", eventId, "an effect without an inbox entry");
    for (const [part, copies] of Map.groupBy(parts, (effect) => effect.part))
      if (copies.length > 1) add("doubled", "I2", eventId, `${copies.length} effects${part ? ` for ${part}` : ""}`);
    for (const { buildingId } of parts)
      if (row && buildingId !== null && buildingId !== row.buildingId)
        add("broken", "I9", eventId, `effect in building ${buildingId}, event in ${row.buildingId}`);
  }
  return found;
}

function checkLetters(
  { name, letters, attempts }: ConsumerFacts,
  written: ReadonlyMap<string, RowFacts>,
  done: ReadonlyMap<string, unknown>,
): Finding[] {
  const found: Finding[] = [];
  const add = (kind: Kind, invariant: Invariant, id: string, text: string): void =>
    void found.push(finding(kind, invariant, id, text, name));
  for (const { eventId, episode, count } of attempts)
    if (count > MOST_ATTEMPTS) add("broken", "I7", eventId, `${count} attempts in episode ${episode}`);
  for (const letter of letters) {
    const { id, eventId, replayedAs, status, version, auditEntries, buildingId } = letter;
    const row = eventId === null ? undefined : written.get(eventId);
    const isDone = [...replayedAs, ...(eventId === null ? [] : [eventId])].some((one) => done.has(one));
    if (status === "resolved" && !isDone) add("lost", "I6", id, "resolved, but the inbox does not have it");
    if (status === "replaying" && !isDone) add("pending", "I10", id, "replayed, and without an end");
    if (auditEntries !== version) add("broken", "I8", id, `${version} changes, ${auditEntries} audit entries`);
    if (row && buildingId !== row.buildingId)
      add("broken", "I9", id, `dead letter of building ${buildingId}, event of ${row.buildingId}`);
  }
  return found;
}

const MOST_ATTEMPTS = 6;

function checkQuiet({ queues, jobs }: Snapshot): Finding[] {
  return [
    ...queues
      .filter(({ messages }) => messages > 0)
      .map(({ name, messages }) => finding("pending", "I10", name, `${messages} messages`)),
    ...jobs.map(({ service, id }) => finding("pending", "I10", id, `a job of ${service} that is due`)),
  ];
}
