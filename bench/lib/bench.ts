/** What a benchmark is: variants measured in alternation, and goals over the figures of one round. */
import type { BenchOptions } from "./options.ts";
import { type BenchResult, type Round, summary } from "./summary.ts";

/** Figures of one measurement, by metric. */
export type Figures = Readonly<Record<string, number>>;

export interface Variant {
  readonly name: string;
  measure(): Promise<Figures>;
}

export interface Goal {
  readonly name: string;
  /** Of one round; the median over all rounds is compared. NaN: not measured in this round. */
  value(round: Round): number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Opened {
  variants: readonly Variant[];
  /** Said below the table: peers that were left out, and why. */
  notes?: readonly string[];
  close(): Promise<void>;
}

export interface Bench {
  readonly id: string;
  readonly title: string;
  /** Unit of each metric; the first one is drawn. */
  readonly units: Readonly<Record<string, string>>;
  readonly goals: readonly Goal[];
  /** What holds it back, as far as profiles have shown; for docs/performance.md. */
  readonly limit?: string;
  /** Fewer rounds than asked for where one takes long. */
  readonly maxRounds?: number;
  /** false: no round before the first one. */
  readonly warmUp?: boolean;
  open(options: BenchOptions): Promise<Opened>;
}

/** A benchmark under way: what it has measured so far can be had at any time. */
export class Running {
  readonly #bench: Bench;
  readonly #rounds: Round[] = [];
  #opened: Promise<Opened> | undefined;
  #notes: readonly string[] = [];

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** undefined before the first round is complete. */
  get result(): BenchResult | undefined {
    return this.#rounds.length === 0 ? undefined : summary(this.#bench, this.#rounds, this.#notes);
  }

  /**
   * Every round measures all variants, each round beginning with another one: drift of the machine hits all alike. A
   * round before the first one warms caches, connections and the JIT, and is not counted.
   */
  async run(options: BenchOptions, onRound: (done: number, total: number) => void): Promise<BenchResult> {
    const { maxRounds = options.rounds, warmUp = true } = this.#bench;
    this.#opened = this.#bench.open(options);
    try {
      const { variants, notes = [] } = await this.#opened;
      this.#notes = notes;
      const total = Math.min(options.rounds, maxRounds);
      if (warmUp) for (const variant of variants) await variant.measure();
      for (let round = 0; round < total; round++) {
        this.#rounds.push(await oneRound(variants, round % variants.length));
        onRound(this.#rounds.length, total);
      }
    } finally {
      await this.close();
    }
    return summary(this.#bench, this.#rounds, this.#notes);
  }

  /** Any number of times. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await (await opened)?.close();
  }
}

async function oneRound(variants: readonly Variant[], shift: number): Promise<Round> {
  const figures: Record<string, Figures> = {};
  for (const variant of [...variants.slice(shift), ...variants.slice(0, shift)])
    figures[variant.name] = await variant.measure();
  return figures;
}
