/**
 * The safety path: finds rows that the live path has not published. No clock decides what is old enough: the sweep
 * notes its candidates, sends a fence row through the change stream, and only when the live path has read the fence
 * does it publish those candidates that are still unpublished. A lagging live path is never overtaken or doubled.
 *
 * Pure: a generator of steps. `SweepRun` carries them out on MongoDB, the simulation on a store of its own.
 */
import type { Filter } from "mongodb";
import type { Outcome } from "../amqp/publisher.ts";
import { NEVER_RETURNED, RETURNED, UNPUBLISHED } from "./queries.ts";
import type { OutboxRow } from "./row.ts";

/** A row that only tells the sweep how far the live path has read. Lives in the relay's own database. */
export interface FenceRow {
  _id: string;
  fence: true;
  publishedAt: Date;
}

/** Candidates of one database in one round. */
export const ROUND = 5_000;
/** Read at a time: of the largest events that is 12 MB. */
const CHUNK = 50;

/** What a step answers, by its name. */
interface Answers {
  /** Ids, at most `limit`. */
  ids: string[];
  /** Whole rows, in the order of their ids. */
  rows: OutboxRow[];
  /** Distinct event types. */
  types: string[];
  /** Inserts a fence and waits until the live path has read it. */
  fence: undefined;
  /** Rows are read and published from here on (or no more): what is marked meanwhile must not be sent again. */
  publishing: undefined;
  /** Waits for room and hands the row over. `sent` is false when it is somebody else's business by now. */
  publish: { sent: boolean };
  /** The same, and waits for what became of it. */
  probe: { sent: boolean; outcome?: Outcome };
  /** The next row of what the filter finds, read as a stream; undefined at its end. */
  next: OutboxRow | undefined;
}

export type SweepStep =
  | { do: "ids"; database: string; filter: Filter<OutboxRow>; limit: number }
  | { do: "rows"; database: string; filter: Filter<OutboxRow> }
  | { do: "types"; database: string; filter: Filter<OutboxRow> }
  | { do: "fence" }
  | { do: "publishing"; on: boolean }
  | { do: "publish"; database: string; row: OutboxRow }
  | { do: "probe"; database: string; row: OutboxRow }
  | { do: "next"; database: string; filter: Filter<OutboxRow> };

export interface SweepView {
  databases: readonly string[];
  /** On its way, or marked since the sweep began to publish. */
  isKnown: (id: string) => boolean;
  mayGoOn: () => boolean;
}

export interface Swept {
  /** Rows that it has sent. */
  sent: number;
  /** False: it was cut short, there may be more. */
  isComplete: boolean;
}

export type Sweep = Generator<SweepStep, Swept, unknown>;

function* ask<K extends SweepStep["do"]>(
  step: Extract<SweepStep, { do: K }> & { do: K },
): Generator<SweepStep, Answers[K], unknown> {
  return (yield step) as Answers[K];
}

export function* sweep(given: SweepView): Sweep {
  let sent = 0;
  let isComplete = true;
  // Asked once with "no" it is cut short, whatever the answer is later.
  const mayGoOn = (): boolean => {
    isComplete &&= given.mayGoOn();
    return isComplete;
  };
  const view = { ...given, mayGoOn };
  for (;;) {
    const candidates = yield* findCandidates(view);
    if (candidates.length === 0) break;
    yield* ask<"fence">({ do: "fence" });
    yield* ask<"publishing">({ do: "publishing", on: true });
    const published = yield* publishStill(view, candidates);
    yield* ask<"publishing">({ do: "publishing", on: false });
    sent += published;
    if (published === 0 || !mayGoOn()) break;
  }
  sent += yield* retryReturned(view);
  return { sent, isComplete };
}

interface Candidates {
  database: string;
  ids: string[];
}

function* findCandidates({ databases, isKnown }: SweepView): Generator<SweepStep, Candidates[], unknown> {
  const found: Candidates[] = [];
  for (const database of databases) {
    const ids = yield* ask<"ids">({ do: "ids", database, filter: NEVER_RETURNED, limit: ROUND });
    const unknown = ids.filter((id) => !isKnown(id));
    if (unknown.length > 0) found.push({ database, ids: unknown });
  }
  return found;
}

function* publishStill(view: SweepView, candidates: Candidates[]): Generator<SweepStep, number, unknown> {
  let published = 0;
  for (const { database, ids } of candidates) {
    for (let at = 0; at < ids.length; at += CHUNK) {
      const filter = { _id: { $in: ids.slice(at, at + CHUNK) }, ...UNPUBLISHED };
      for (const row of yield* ask<"rows">({ do: "rows", database, filter })) {
        if (!view.mayGoOn()) return published;
        if ((yield* ask<"publish">({ do: "publish", database, row })).sent) published++;
      }
    }
  }
  return published;
}

/** One probe per event type; where it gets through, the rest follows. */
function* retryReturned(view: SweepView): Generator<SweepStep, number, unknown> {
  let published = 0;
  for (const database of view.databases) {
    const types = yield* ask<"types">({ do: "types", database, filter: RETURNED });
    for (const eventType of types) published += yield* retryType(view, database, { ...RETURNED, eventType });
  }
  return published;
}

function* retryType(
  view: SweepView,
  database: string,
  filter: Filter<OutboxRow>,
): Generator<SweepStep, number, unknown> {
  let published = 0;
  for (;;) {
    const row = yield* ask<"next">({ do: "next", database, filter });
    if (!row || !view.mayGoOn()) return published;
    if (published > 0) {
      if ((yield* ask<"publish">({ do: "publish", database, row })).sent) published++;
      continue;
    }
    const { sent, outcome } = yield* ask<"probe">({ do: "probe", database, row });
    if (!sent) continue;
    if (outcome?.kind !== "routed") return published;
    published++;
  }
}
