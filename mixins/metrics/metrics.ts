/** Our metrics in Moleculer's registry, whose Prometheus reporter shows them on METRICS_PORT. */
import type { MetricRegistry } from "moleculer";
import { type Labels, METRICS, type MetricDef, type MetricName } from "./table.ts";

export type Sampler = () => void | Promise<void>;
const SAMPLE_MS = 5_000;

/** Does nothing where metrics are off. */
export class Metrics {
  readonly #registry: MetricRegistry | undefined;
  readonly #samplers = new Set<Sampler>();
  #timer: NodeJS.Timeout | undefined;

  constructor(registry: MetricRegistry | undefined) {
    this.#registry = registry?.isEnabled() ? registry : undefined;
    for (const [name, def] of Object.entries<MetricDef>(METRICS)) {
      const { type, labels, description, buckets } = def;
      this.#registry?.register({
        name,
        type,
        labelNames: [...labels],
        description,
        ...(buckets && { buckets }),
      } as never);
    }
  }

  get enabled(): boolean {
    return this.#registry !== undefined;
  }

  increment<N extends MetricName>(name: N, labels: Labels<N>, by = 1): void {
    this.#registry?.increment(name, labels, by);
  }
  set<N extends MetricName>(name: N, value: number, labels: Labels<N>): void {
    this.#registry?.set(name, value, labels);
  }
  observe<N extends MetricName>(name: N, value: number, labels: Labels<N>): void {
    this.#registry?.observe(name, value, labels);
  }

  /** Asked every 5 s while the broker runs; one that fails is asked again. @returns how to end it */
  sample(sampler: Sampler): () => void {
    this.#samplers.add(sampler);
    return () => this.#samplers.delete(sampler);
  }

  /** Begins sampling. */
  start(): void {
    if (!this.#registry) return;
    this.#timer ??= setInterval(() => void this.sampleNow(), SAMPLE_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async sampleNow(): Promise<void> {
    await Promise.allSettled([...this.#samplers].map(async (sampler) => sampler()));
  }
}
