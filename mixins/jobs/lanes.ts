/**
 * Who is next? Work of one pool lies in lanes; each lane gets its share of the turns by weight (smooth weighted round
 * robin), so a long queue in one of them never keeps the others waiting for more than a few turns. Pure, but for its
 * own memory.
 */
export type Weights = Readonly<Record<string, number>>;

export class Lanes {
  readonly #weights: Weights;
  readonly #credits = new Map<string, number>();
  /** May hold work: not looked into since the last poll, or not found empty yet. */
  readonly #open = new Set<string>();
  /** Jobs that are known to have come into a lane, and not to have been taken. */
  readonly #known = new Map<string, number>();
  /** Lanes with a turn that only looks into them, and has not ended yet. */
  readonly #lookedInto = new Set<string>();

  /** @param weights turns of a lane in relation to the others', above 0 */
  constructor(weights: Weights) {
    this.#weights = weights;
  }

  get names(): string[] {
    return Object.keys(this.#weights);
  }

  get anyOpen(): boolean {
    return this.#open.size > 0 || this.#known.size > 0;
  }

  open(lane: string): void {
    if (lane in this.#weights) this.#open.add(lane);
  }

  /** A job has come: a turn for it, and no look for a further one. */
  add(lane: string): void {
    if (lane in this.#weights) this.#known.set(lane, (this.#known.get(lane) ?? 0) + 1);
  }

  openAll(): void {
    for (const lane of this.names) this.#open.add(lane);
  }

  /** The lane whose turn it is; the end of its turns is told by `found` or `empty`. undefined: all are empty. */
  take(): string | undefined {
    let best: string | undefined;
    let total = 0;
    for (const lane of new Set([...this.#open, ...this.#known.keys()])) {
      const weight = this.#weights[lane] ?? 1;
      total += weight;
      this.#credits.set(lane, (this.#credits.get(lane) ?? 0) + weight);
      if (best === undefined || this.#credit(lane) > this.#credit(best)) best = lane;
    }
    if (best === undefined) return undefined;
    this.#credits.set(best, this.#credit(best) - total);
    if (this.#open.delete(best)) this.#lookedInto.add(best);
    this.#takeKnown(best);
    return best;
  }

  /** There was a job for each of its turns: where nobody had told of them, there may be more. */
  found(lane: string): void {
    if (this.#lookedInto.delete(lane)) this.open(lane);
  }

  /** Found empty: it saves up no turns for later. */
  empty(lane: string): void {
    this.#lookedInto.delete(lane);
    this.#credits.delete(lane);
  }

  #takeKnown(lane: string): void {
    const left = (this.#known.get(lane) ?? 0) - 1;
    if (left > 0) this.#known.set(lane, left);
    else this.#known.delete(lane);
  }

  #credit(lane: string): number {
    return this.#credits.get(lane) ?? 0;
  }
}
