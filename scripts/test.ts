/**
 * `npm test`: type check, lint, then every test on real servers; ends with the line `N passed, N failed`.
 * `npm test -- relay` runs only the test files whose path matches.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureChromium } from "./lib/chromium.ts";
import { onInterrupt } from "./lib/interrupt.ts";
import { stopProcess } from "./lib/processes.ts";
import { run, say, seconds } from "./lib/say.ts";
import { startTestServers } from "./lib/test-servers.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = (name: string): string => join(root, "node_modules", ".bin", name);

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The program that runs now, the leader of a process group. */
let running: ChildProcess | undefined;
let clearAway = async (): Promise<void> => {};
let interrupted = false;
/** The short form of the faults ends servers of its own. */
const END_MS = 20_000;

onInterrupt(async () => {
  interrupted = true;
  say("interrupted: ending what runs");
  // With all that it has started itself.
  if (running?.pid !== undefined) await stopProcess(-running.pid, END_MS);
  await clearAway();
});

run(async () => {
  const patterns = process.argv.slice(2);
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  if (patterns.length === 0) {
    const browser = ensureChromium();
    await gate("types: tsc --noEmit", bin("tsc"), ["--noEmit"], counts);
    await gate("types of the console: tsc", bin("tsc"), ["-p", "services/gateway/console"], counts);
    await gate("lint: biome ci", bin("biome"), ["ci", "--error-on-warnings"], counts);
    await browser;
  }
  await jest(patterns, counts);
  if (patterns.length === 0) await faults(counts);
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
  process.exit(counts.failed > 0 ? 1 : 0);
});

async function gate(name: string, file: string, args: string[], counts: Counts): Promise<void> {
  const since = performance.now();
  const ok = (await execute(file, args)) === 0;
  say(`${name}: ${ok ? "passed" : "FAILED"}, ${seconds(since)}`);
  counts[ok ? "passed" : "failed"]++;
}

async function jest(patterns: string[], counts: Counts): Promise<void> {
  const starting = startTestServers();
  const scratch = mkdtempSync(join(tmpdir(), "residents-test-"));
  clearAway = async () => {
    await (await starting).stop();
    rmSync(scratch, { recursive: true, force: true });
  };
  const servers = await starting;
  const report = join(scratch, "report.json");
  const args = [
    "--experimental-vm-modules",
    "--disable-warning=ExperimentalWarning",
    join(root, "node_modules/jest/bin/jest.js"),
    "--json",
    `--outputFile=${report}`,
    ...patterns,
  ];
  const env = {
    ...process.env,
    NODE_ENV: "test",
    TEST_MONGO_URL: servers.mongoUrl,
    TEST_AMQP_URL: servers.amqpUrl,
    TEST_MANAGEMENT_URL: servers.managementUrl,
  };
  try {
    const code = await execute(process.execPath, args, env);
    if (!existsSync(report)) {
      counts.failed++;
      return;
    }
    const result = JSON.parse(readFileSync(report, "utf8"));
    counts.passed += result.numPassedTests;
    // A file that does not even load has no tests of its own, and fails all the same.
    counts.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    counts.skipped += result.numPendingTests;
    if (code !== 0 && counts.failed === 0) counts.failed++;
  } finally {
    await clearAway();
  }
}

/** The short form of `npm run faults`; its servers are its own, for they are killed. */
async function faults(counts: Counts): Promise<void> {
  const since = performance.now();
  const scratch = mkdtempSync(join(tmpdir(), "residents-test-"));
  clearAway = async () => rmSync(scratch, { recursive: true, force: true });
  const out = join(scratch, "results.json");
  const args = ["--disable-warning=ExperimentalWarning", join(root, "faults/run.ts"), "--short", "--no-report"];
  await execute(process.execPath, [...args, `--out=${out}`]);
  const results: { passed: boolean }[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
  await clearAway();
  const passed = results.filter((result) => result.passed).length;
  counts.passed += passed;
  counts.failed += results.length === 0 ? 1 : results.length - passed;
  say(`faults, short form: ${passed} of ${results.length} scenarios passed, ${seconds(since)}`);
}

/**
 * Output goes to our own stderr and stdout, but for jest's JSON. After an interruption nothing more begins, and the end
 * is the interruption's business.
 */
function execute(file: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  return new Promise((resolve) => {
    if (interrupted) return;
    const quiet = args.includes("--json");
    const stdio = ["ignore", quiet ? "ignore" : "inherit", "inherit"] as const;
    const child = spawn(file, args, { cwd: root, env, stdio: [...stdio], detached: true });
    running = child;
    child.on("error", () => resolve(127));
    child.on("close", (code) => interrupted || resolve(code ?? 1));
  });
}
