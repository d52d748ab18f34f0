/**
 * Who is next? Work of one pool lies in lanes; each lane gets its share of the turns by weight (smooth weighted round
 * robin), so a long queue in one of them never keeps the others waiting for more than a few turns. Pure, but for its
 * own memory.
 */
export type Weights = Readonly<Record<string, number>>;

export class Lanes {
  readonly #weights: Weights;
  readonly #credits = new Map<string, number>();
  /** May hold work: nudged, or not found empty yet. */
  readonly #open = new Set<string>();

  /** @param weights turns of a lane in relation to the others', above 0 */
  constructor(weights: Weights) {
    this.#weights = weights;
  }

  get names(): string[] {
    return Object.keys(this.#weights);
  }

  get anyOpen(): boolean {
    return this.#open.size > 0;
  }

  open(lane: string): void {
    if (lane in this.#weights) this.#open.add(lane);
  }

  openAll(): void {
    for (const lane of this.names) this.#open.add(lane);
  }

  /** The lane whose turn it is; it counts as empty until it is opened again. undefined: all are empty. */
  take(): string | undefined {
    let best: string | undefined;
    let total = 0;
    for (const lane of this.#open) {
      const weight = this.#weights[lane] ?? 1;
      total += weight;
      this.#credits.set(lane, (this.#credits.get(lane) ?? 0) + weight);
      if (best === undefined || this.#credit(lane) > this.#credit(best)) best = lane;
    }
    if (best === undefined) return undefined;
    this.#credits.set(best, this.#credit(best) - total);
    this.#open.delete(best);
    return best;
  }

  /** Found empty: it saves up no turns for later. */
  empty(lane: string): void {
    this.#credits.delete(lane);
  }

  #credit(lane: string): number {
    return this.#credits.get(lane) ?? 0;
  }
}
