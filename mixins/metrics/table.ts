/** Every metric of ours, beside Moleculer's own. docs/metrics.md is generated from it. */
export interface MetricDef {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly description: string;
  /** Upper bounds, of histograms. */
  readonly buckets?: readonly number[];
}

const MILLISECONDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000];

export const METRICS = {
  "residents.consumer.messages.total": {
    type: "counter",
    labels: ["consumer", "result"],
    description: "Deliveries by result: handled, duplicate, retried (moved to a retry queue), dead_lettered, refused.",
  },
  "residents.consumer.attempts.failed.total": {
    type: "counter",
    labels: ["consumer", "eventType"],
    description: "Attempts of a handler that ended in an error of its own.",
  },
  "residents.consumer.transaction.time": {
    type: "histogram",
    labels: ["consumer"],
    description: "Milliseconds of one transaction: inbox, handlers, own facts; of one message or a batch.",
    buckets: MILLISECONDS,
  },
  "residents.consumer.lag.time": {
    type: "histogram",
    labels: ["consumer"],
    description: "Milliseconds from an event's timestamp to the commit of its handler.",
    buckets: MILLISECONDS,
  },
  "residents.consumer.paused": {
    type: "gauge",
    labels: ["consumer"],
    description: "1 while the consumer waits for something that is away.",
  },
  "residents.consumer.oldest.seconds": {
    type: "gauge",
    labels: ["consumer"],
    description:
      "Age of the oldest event that this process holds unhandled; queues are in order, so of its queue's head.",
  },
  "residents.queue.messages": {
    type: "gauge",
    labels: ["queue"],
    description: "Messages ready in a queue of a service that runs here, its retry and dead-letter queues too.",
  },
  "residents.deadletters.open": {
    type: "gauge",
    labels: ["consumer"],
    description: "Archived dead letters that nobody has dealt with.",
  },
  "residents.outbox.pending": {
    type: "gauge",
    labels: ["service"],
    description: "Rows that are not marked as published: the relay's lag in rows.",
  },
  "residents.outbox.oldest.seconds": {
    type: "gauge",
    labels: ["service"],
    description: "Age of the oldest such row: the relay's lag in time.",
  },
  "residents.relay.holder": { type: "gauge", labels: [], description: "1 on the node whose relay holds the lease." },
  "residents.relay.epoch": { type: "gauge", labels: [], description: "Fencing epoch of the lease." },
  "residents.relay.confirms.inflight": {
    type: "gauge",
    labels: [],
    description: "Published and not confirmed yet, at most 1,000.",
  },
  "residents.relay.published": { type: "gauge", labels: [], description: "Confirmed since this tenure began." },
  "residents.http.request.time": {
    type: "histogram",
    labels: ["method", "route", "status"],
    description:
      "Milliseconds of a request, from its head to the last byte of the answer. `route` is the path's pattern.",
    buckets: MILLISECONDS,
  },
  "residents.mongo.pool.connections": {
    type: "gauge",
    labels: ["state"],
    description: "Connections to MongoDB: open, and of those in use.",
  },
  "residents.eventloop.delay.p99": {
    type: "gauge",
    labels: [],
    description: "99th percentile of the event loop's delay since the last sample, milliseconds.",
  },
} as const satisfies Record<string, MetricDef>;

export type MetricName = keyof typeof METRICS;
type LabelsOf<N extends MetricName> = (typeof METRICS)[N]["labels"][number];
export type Labels<N extends MetricName> = Readonly<Record<LabelsOf<N>, string>>;
