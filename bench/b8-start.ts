import { performance } from "node:perf_hooks";
import { createVhost, testServers, uniquePrefix } from "../test/support/env.ts";
import { startProduct } from "../test/support/start.ts";
import type { Bench, Figures } from "./lib/bench.ts";
import { child, rssOf } from "./lib/children.ts";
import { figure } from "./lib/summary.ts";

const IDLE_MS = 20_000;

export const b8: Bench = {
  id: "B8",
  title: "a warm start with every service, and what the node takes when idle",
  units: { start: "s", rss: "MB" },
  // The first one, not counted, makes databases and queues: no warm start.
  maxRounds: 3,
  goals: [
    { name: "start to ready, servers up, s", value: (r) => figure(r, "npm start", "start"), atMost: 8 },
    { name: "RSS of the idle node, MB", value: (r) => figure(r, "npm start", "rss"), atMost: 250 },
  ],
  async open() {
    const vhost = await createVhost();
    const settings = {
      MONGO_URL: testServers().mongoUrl,
      AMQP_URL: vhost.amqpUrl,
      DB_PREFIX: uniquePrefix(),
      PORT: "0",
      METRICS_PORT: "0",
    };
    return {
      variants: [{ name: "npm start", measure: () => startOnce(settings, IDLE_MS) }],
      close: () => vhost.dispose(),
    };
  },
};

async function startOnce(settings: Record<string, string>, idleMs: number): Promise<Figures> {
  const since = performance.now();
  const product = startProduct(settings);
  const dispose = child(() => product.dispose());
  try {
    await product.said(/^ready http/m);
    const start = (performance.now() - since) / 1000;
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    return { start, rss: rssOf(product.run()?.pids.nodes[0]) };
  } finally {
    await dispose();
  }
}
