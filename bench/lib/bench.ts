/** What a benchmark is: variants measured in alternation, and goals over the figures of one round. */

/** Figures of one measurement, by metric. */
export type Figures = Readonly<Record<string, number>>;
/** Figures of one round, by variant. */
export type Round = Readonly<Record<string, Figures>>;

export interface Variant {
  readonly name: string;
  measure(): Promise<Figures>;
}

export interface Goal {
  readonly name: string;
  /** Of one round; the median over all rounds is compared. */
  value(round: Round): number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Bench {
  readonly id: string;
  readonly title: string;
  /** Unit of each metric. */
  readonly units: Readonly<Record<string, string>>;
  readonly goals: readonly Goal[];
  open(): Promise<{ variants: readonly Variant[]; close(): Promise<void> }>;
  /** Fewer rounds than asked for where one takes long. */
  readonly maxRounds?: number;
}

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
}

/** A metric of a variant in a round. @throws Error when it was not measured */
export function figure(round: Round, variant: string, metric: string): number {
  const value = round[variant]?.[metric];
  if (value === undefined) throw new Error(`No ${metric} of ${variant} was measured.`);
  return value;
}

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

/**
 * Every round measures all variants, each round beginning with another one: drift of the machine hits all alike. A
 * round before the first one warms caches, connections and the JIT, and is not counted.
 */
export async function runBench(
  bench: Bench,
  rounds: number,
  onRound: (done: number, total: number) => void,
): Promise<BenchResult> {
  const { variants, close } = await bench.open();
  const total = Math.min(rounds, bench.maxRounds ?? rounds);
  const done: Round[] = [];
  try {
    for (const variant of variants) await variant.measure();
    for (let round = 0; round < total; round++) {
      const shift = round % variants.length;
      const figures: Record<string, Figures> = {};
      for (const variant of [...variants.slice(shift), ...variants.slice(0, shift)])
        figures[variant.name] = await variant.measure();
      done.push(figures);
      onRound(done.length, total);
    }
  } finally {
    await close();
  }
  const names = variants.map((variant) => variant.name);
  return { id: bench.id, title: bench.title, units: bench.units, rounds: done, ...summary(bench, names, done) };
}

function summary(bench: Bench, names: readonly string[], rounds: readonly Round[]) {
  const medians = Object.fromEntries(
    names.map((name) => {
      const metrics = Object.keys(rounds[0]?.[name] ?? {});
      return [name, Object.fromEntries(metrics.map((m) => [m, median(rounds.map((r) => figure(r, name, m)))]))];
    }),
  );
  const verdicts = bench.goals.map(({ name, value, atLeast, atMost }): Verdict => {
    const values = rounds.map(value);
    const middle = median(values);
    const reached = (atLeast === undefined || middle >= atLeast) && (atMost === undefined || middle <= atMost);
    return {
      goal: name,
      median: middle,
      values,
      ...(atLeast !== undefined && { atLeast }),
      ...(atMost !== undefined && { atMost }),
      reached,
    };
  });
  return { medians, verdicts };
}
