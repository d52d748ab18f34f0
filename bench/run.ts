/**
 * `npm run bench`: every benchmark, five alternating rounds, ratios within one run.
 *
 *   npm run bench -- B1 B4       only these
 *   npm run bench -- --rounds 1  a quick look
 *   npm run bench -- --save      keeps the result as the reference: docs/performance.json and docs/performance.md
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run, StartError, say } from "../scripts/lib/say.ts";
import { startTestServers } from "../scripts/lib/test-servers.ts";
import { b1 } from "./b1-relay.ts";
import { b2 } from "./b2-latency.ts";
import { b3 } from "./b3-transaction.ts";
import { b4 } from "./b4-consumer.ts";
import { b5 } from "./b5-http.ts";
import { b8 } from "./b8-start.ts";
import { type Bench, runBench } from "./lib/bench.ts";
import { asMarkdown, asText, type Report } from "./lib/report.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const benches: readonly Bench[] = [b1, b2, b3, b4, b5, b8];

run(async () => {
  const { wanted, rounds, save } = readArguments();
  const servers = await startTestServers();
  process.env.TEST_MONGO_URL = servers.mongoUrl;
  process.env.TEST_AMQP_URL = servers.amqpUrl;
  process.env.TEST_MANAGEMENT_URL = servers.managementUrl;
  const report: Report = { at: new Date().toISOString(), commit: commit(), machine: machine(), rounds, results: [] };
  try {
    for (const bench of wanted) {
      const result = await runBench(bench, rounds, (done, total) => say(`${bench.id}: round ${done} of ${total}`));
      report.results.push(result);
      console.log(asText(result));
    }
  } finally {
    if (report.results.length > 0) keep(report, save);
    await servers.stop();
  }
  process.exit(0);
});

function readArguments(): { wanted: readonly Bench[]; rounds: number; save: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: "string", default: "5" }, save: { type: "boolean", default: false } },
  });
  const names = benches.map((bench) => bench.id).join(", ");
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new StartError("--rounds must be a whole number from 1 to 100", "for example --rounds 5");
  const wanted = positionals.map((name) => {
    const found = benches.find((bench) => bench.id.toLowerCase() === name.toLowerCase());
    if (!found) throw new StartError(`There is no benchmark ${name}`, `one of ${names}`);
    return found;
  });
  return { wanted: wanted.length > 0 ? wanted : benches, rounds, save: values.save };
}

/** The last run is always in .data/bench; the reference only when asked for. */
function keep(report: Report, save: boolean): void {
  const folder = join(root, save ? "docs" : ".data/bench");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "performance.json"), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(folder, "performance.md"), asMarkdown(report));
  say(`written: ${folder}/performance.json and performance.md`);
}

const commit = (): string =>
  execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();

const machine = (): Report["machine"] => ({
  cpu: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
  node: process.version,
});
