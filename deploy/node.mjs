/**
 * A container's process: runs the services that SERVICES names (all when it is empty) in this very process.
 * `--health` is the container's health check: the gateway is asked, other nodes are asked through their metrics port.
 */

import { readdirSync } from "node:fs";
import moleculer from "moleculer";

const wanted = (process.env.SERVICES ?? "").split(",").flatMap((name) => name.trim() || []);
const known = readdirSync("services", { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(
    `✗ SERVICES names ${unknown.join(", ")}, which does not exist; remedy: use some of ${known.join(", ")}.`,
  );
  process.exit(1);
}
const services = wanted.length > 0 ? wanted : known;

if (process.argv.includes("--health")) await checkHealth();
else await run();

async function checkHealth() {
  const url = services.includes("gateway")
    ? `http://127.0.0.1:${process.env.PORT || 3000}/health/live`
    : `http://127.0.0.1:${process.env.METRICS_PORT || 3030}/metrics`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_500) }).catch(() => undefined);
  process.exit(answer?.ok ? 0 : 1);
}

function run() {
  // moleculer-runner reads a SERVICES of its own, with another meaning.
  delete process.env.SERVICES;
  const files = services.map((name) => `services/${name}/${name}.service.ts`);
  const args = ["--config", "moleculer.config.ts", "--mask", "**/*.service.ts", ...files];
  return new moleculer.Runner().start([...process.argv.slice(0, 2), ...args]);
}
