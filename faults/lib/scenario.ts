/** What a scenario is: one fault of reliability.md, done to real processes, with what has to hold. */
import type { TestServers } from "../../test/support/env.ts";
import type { Domain } from "../probe/domains.ts";
import type { Verdict } from "./checker.ts";
import type { Lab } from "./lab.ts";

export interface Outcome {
  /** What happened: a sentence with figures, for docs/faults.md. */
  happened: string;
  /** From the fault (or its end) to normal work, milliseconds; null where nothing has to heal. */
  healedMs: number | null;
}

/** What is not named is the run's. */
export interface OwnServers extends Partial<TestServers> {
  stop(): Promise<void>;
}

export interface Scenario {
  /** Row of the table in reliability.md. */
  readonly row: number;
  /** kebab-case, unique. */
  readonly name: string;
  readonly fault: string;
  /** Part of the short form in `npm test`, alone or with the product beside it. */
  readonly short?: "alone" | "beside";
  /** Contracts of its world without the product beside it; default `probe`. */
  readonly domain?: Domain;
  /** Why the product does not run beside it in the long form; default: it does. */
  readonly alone?: string;
  /** Servers of its own in place of the run's: only what it starts itself; ended with the scenario. */
  own?(dataDir: string): Promise<OwnServers>;
  /** Consumers that share one database: an inbox key has to tell them apart. */
  readonly sharedDatabase?: readonly string[];
  /** Longest time, milliseconds; default 120,000. */
  readonly deadlineMs?: number;
  /** Why this is only the nearest thing to the row, where it can't be done on one small machine. */
  readonly nearest?: string;
  /**
   * Does the fault and says what happened; throws when something went otherwise. Promises are measured through
   * `lab.promise`. Afterwards the runner waits until all is quiet and lets the checker compare (`lab.check`).
   */
  run(lab: Lab): Promise<Outcome>;
}

/** Scenario files: `export default scenario({ ... })`. */
export const scenario = (definition: Scenario): Scenario => definition;

/** A figure that the design promises a limit for. */
export interface KeptPromise {
  what: string;
  value: number;
  unit: string;
  /** At most, or at least. */
  atMost?: number;
  atLeast?: number;
  kept: boolean;
}

export interface Result {
  row: number;
  name: string;
  fault: string;
  passed: boolean;
  /** Why not. */
  error: string | null;
  happened: string;
  healedMs: number | null;
  promises: KeptPromise[];
  /** null: it did not come so far. */
  verdict: Verdict | null;
  nearest: string | null;
  /** What the product did beside it, or why it was not there. */
  beside: string;
  /** Seconds, all in all. */
  seconds: number;
  /** One-minute load average at its end, over the number of CPUs: above 1 the machine was busy with other things. */
  load: number;
}
