/** What a consumer counts: since the start for its own questions, and in the registry of metrics. */
import type { Backbone } from "../backbone.ts";
import type { Work } from "./work.ts";

export class ConsumerMeter {
  readonly #backbone: Backbone;
  readonly #consumer: string;
  readonly counts = { handled: 0, duplicates: 0, retried: 0, deadLettered: 0, refused: 0, pauses: 0, fallbacks: 0 };

  constructor(backbone: Backbone, consumer: string) {
    this.#backbone = backbone;
    this.#consumer = consumer;
  }

  /** One transaction has been committed. `since`: monotonic milliseconds. */
  handled(works: readonly Work[], since: number): void {
    const { metrics, clock } = this.#backbone;
    const consumer = this.#consumer;
    metrics.observe("residents.consumer.transaction.time", performance.now() - since, { consumer });
    const now = clock().getTime();
    for (const { event } of works)
      metrics.observe("residents.consumer.lag.time", Math.max(0, now - event.timestamp.getTime()), { consumer });
    this.counts.handled += works.length;
    this.#count("handled", works.length);
  }

  duplicate(): void {
    this.counts.duplicates++;
    this.#count("duplicate");
  }
  refused(): void {
    this.counts.refused++;
    this.#count("refused");
  }
  movedOn(to: "delay" | "dead-letter"): void {
    if (to === "delay") this.counts.retried++;
    else this.counts.deadLettered++;
    this.#count(to === "delay" ? "retried" : "dead_lettered");
  }
  failed(eventType: string): void {
    const labels = { consumer: this.#consumer, eventType };
    this.#backbone.metrics.increment("residents.consumer.attempts.failed.total", labels);
  }

  /** Looked at when metrics are read. */
  sample(waiting: readonly Work[], paused: boolean): void {
    const { metrics, clock } = this.#backbone;
    const consumer = this.#consumer;
    const times = waiting.map(({ event }) => event.timestamp.getTime());
    const age = times.length === 0 ? 0 : (clock().getTime() - Math.min(...times)) / 1000;
    metrics.set("residents.consumer.oldest.seconds", Math.max(0, age), { consumer });
    metrics.set("residents.consumer.paused", paused ? 1 : 0, { consumer });
  }

  #count(result: string, by = 1): void {
    this.#backbone.metrics.increment("residents.consumer.messages.total", { consumer: this.#consumer, result }, by);
  }
}
