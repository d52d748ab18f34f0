/** What a process tells of itself: its event loop and its connections to MongoDB. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { MongoClient } from "mongodb";
import type { Metrics } from "./metrics.ts";

export function sampleProcess(metrics: Metrics, client: MongoClient): void {
  if (!metrics.enabled) return;
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const pool = { open: 0, used: 0 };
  client.on("connectionCreated", () => pool.open++);
  client.on("connectionClosed", () => pool.open--);
  client.on("connectionCheckedOut", () => pool.used++);
  client.on("connectionCheckedIn", () => pool.used--);
  metrics.sample(() => {
    metrics.set("residents.eventloop.delay.p99", delay.percentile(99) / 1e6, {});
    delay.reset();
    metrics.set("residents.mongo.pool.connections", pool.open, { state: "open" });
    metrics.set("residents.mongo.pool.connections", pool.used, { state: "in_use" });
  });
}
