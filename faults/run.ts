/**
 * `npm run faults`: the faults of reliability.md, done to real processes on private servers.
 *
 *   npm run faults -- 7             one row, or several: 1 3 12, or names: broker-restart
 *   npm run faults -- --short       the short form, as `npm test` runs it
 *   npm run faults -- --list        what there is
 *   npm run faults -- --keep        keeps logs and data of the run, and says where
 *   npm run faults -- --no-report   leaves docs/faults.json and docs/faults.md as they are
 */
import { parseArgs } from "node:util";
import { onInterrupt } from "../scripts/lib/interrupt.ts";
import { fail, run, say } from "../scripts/lib/say.ts";
import { loadScenarios, selectScenarios } from "./lib/catalog.ts";
import { keepReport } from "./lib/report.ts";
import { openLabs, resultText, runScenario } from "./lib/run-scenario.ts";
import type { Result, Scenario } from "./lib/scenario.ts";
import { startFaultServers } from "./lib/servers.ts";

const options = {
  short: { type: "boolean", default: false },
  list: { type: "boolean", default: false },
  keep: { type: "boolean", default: false },
  "no-report": { type: "boolean", default: false },
} as const;

run(async () => {
  const all = await loadScenarios();
  const { values, positionals } = readArguments(all);
  const selected = selectScenarios(all, positionals);
  if ("wrong" in selected) return refuse(all, `There is no scenario ${selected.wrong.join(", ")}.`);
  const wanted = values.short ? selected.filter(({ short }) => short) : selected;
  if (values.list) return console.log(listOf(wanted));
  const results = await runAll(wanted, !values["no-report"], values.keep);
  process.exit(results.every(({ passed }) => passed) ? 0 : 1);
});

function readArguments(all: readonly Scenario[]) {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return refuse(all, error instanceof Error ? error.message : String(error));
  }
}

function refuse(all: readonly Scenario[], reason: string): never {
  fail(`${reason} There are:\n${listOf(all)}`);
  process.exit(2);
}

const listOf = (scenarios: readonly Scenario[]): string =>
  scenarios.map(({ row, name, fault }) => `  ${String(row).padStart(2)} ${name.padEnd(24)} ${fault}`).join("\n");

async function runAll(wanted: readonly Scenario[], report: boolean, keep: boolean): Promise<Result[]> {
  const results: Result[] = [];
  const starting = startFaultServers();
  const clear = async (): Promise<void> => {
    await Promise.all([...openLabs].map((lab) => lab.close().catch(() => {})));
    await starting.then((servers) => servers.stop(keep)).catch(() => {});
  };
  const sum = (): void => {
    const passed = results.filter((result) => result.passed).length;
    console.log(`${passed} passed, ${results.length - passed} failed`);
  };
  onInterrupt(async () => {
    say(`interrupted; ${results.length} of ${wanted.length} scenarios were measured`);
    sum();
    await clear();
  });
  const servers = await starting;
  if (keep) say(`logs and data: ${servers.dataDir}`);
  process.env.TEST_MONGO_URL = servers.mongo.url;
  process.env.TEST_AMQP_URL = servers.rabbit.url;
  process.env.TEST_MANAGEMENT_URL = withoutLogin(servers.rabbit.managementUrl);
  try {
    for (const scenario of wanted) {
      const result = await runScenario(scenario, servers);
      results.push(result);
      console.log(resultText(result));
      if (report) keepReport({ results: [result] });
    }
  } finally {
    await clear();
  }
  sum();
  return results;
}

const withoutLogin = (url: string): string => new URL(url).origin;
