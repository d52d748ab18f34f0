/** Rounds -> medians and verdicts. Pure. */
import type { Bench, Figures } from "./bench.ts";

/** Figures of one round, by variant. */
export type Round = Readonly<Record<string, Figures>>;

export interface Verdict {
  goal: string;
  median: number;
  /** Of every round. */
  values: number[];
  atLeast?: number;
  atMost?: number;
  reached: boolean;
}

export interface BenchResult {
  id: string;
  title: string;
  units: Readonly<Record<string, string>>;
  rounds: Round[];
  /** By variant and metric. */
  medians: Record<string, Record<string, number>>;
  verdicts: Verdict[];
  notes: readonly string[];
  limit?: string;
}

/** A metric of a variant in a round. NaN when it was not measured. */
export const figure = (round: Round, variant: string, metric: string): number => round[variant]?.[metric] ?? Number.NaN;

/** The middle one; of an even count the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/** Nearest rank. `share`: 0.5 is the median, 0.99 the p99. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

type Summed = Pick<Bench, "id" | "title" | "units" | "goals" | "limit">;

export function summary(bench: Summed, rounds: readonly Round[], notes: readonly string[]): BenchResult {
  const { id, title, units, goals, limit } = bench;
  const names = Object.keys(rounds[0] ?? {});
  const medians = Object.fromEntries(
    names.map((name) => {
      const metrics = Object.keys(rounds[0]?.[name] ?? {});
      return [name, Object.fromEntries(metrics.map((m) => [m, median(rounds.map((r) => figure(r, name, m)))]))];
    }),
  );
  const verdicts = goals.map((goal) => verdictOf(goal, rounds)).filter(({ values }) => values.length > 0);
  return { id, title, units, rounds: [...rounds], medians, verdicts, notes, ...(limit !== undefined && { limit }) };
}

function verdictOf({ name, value, atLeast, atMost }: Bench["goals"][number], rounds: readonly Round[]): Verdict {
  const values = rounds.map(value).filter((one) => !Number.isNaN(one));
  const middle = median(values);
  const reached = (atLeast === undefined || middle >= atLeast) && (atMost === undefined || middle <= atMost);
  const bounds = { ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) };
  return { goal: name, median: middle, values, ...bounds, reached };
}
