/**
 * `npm run faults`: the faults of reliability.md, done to real processes on private servers.
 *
 *   npm run faults -- 7             one row, or several: 1 3 12, or names: broker-restart
 *   npm run faults -- --short       the short form, as `npm test` runs it
 *   npm run faults -- --alone       without the whole product beside the probes (so does most of the short form)
 *   npm run faults -- --list        what there is
 *   npm run faults -- --mutants     makes the known mistakes in a copy of the code; each has to be noticed
 *   npm run faults -- --keep        keeps logs and data of the run, and says where
 *   npm run faults -- --no-report   leaves docs/faults.json and docs/faults.md as they are
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { onInterrupt } from "../scripts/lib/interrupt.ts";
import { fail, run, say } from "../scripts/lib/say.ts";
import { loadScenarios, selectScenarios } from "./lib/catalog.ts";
import { mutants } from "./lib/mutants.ts";
import { keepReport } from "./lib/report.ts";
import { runMutants } from "./lib/run-mutants.ts";
import { openLabs, resultText, runScenario } from "./lib/run-scenario.ts";
import type { Result, Scenario } from "./lib/scenario.ts";
import { pointTestsTo, startFaultServers } from "./lib/servers.ts";

const options = {
  short: { type: "boolean", default: false },
  alone: { type: "boolean", default: false },
  list: { type: "boolean", default: false },
  mutants: { type: "boolean", default: false },
  keep: { type: "boolean", default: false },
  /** Results as JSON, for `npm test` and the mutants. */
  out: { type: "string" },
  "no-report": { type: "boolean", default: false },
} as const;

run(async () => {
  const all = await loadScenarios();
  const { values, positionals } = readArguments(all);
  if (values.mutants) return showMutants(positionals, !values["no-report"]);
  const selected = selectScenarios(all, positionals);
  if ("wrong" in selected) return refuse(all, `There is no scenario ${selected.wrong.join(", ")}.`);
  const wanted = values.short ? selected.filter(({ short }) => short) : selected;
  if (values.list) return console.log(listOf(wanted));
  const results = await runAll(wanted, {
    report: !values["no-report"],
    keep: values.keep,
    isAlone: ({ short }) => values.alone || (values.short && short === "alone"),
  });
  if (values.out) writeFileSync(values.out, JSON.stringify(results));
  process.exit(results.every(({ passed }) => passed) ? 0 : 1);
});

async function showMutants(names: readonly string[], report: boolean): Promise<never> {
  const known = mutants.map(({ name }) => name);
  const wrong = names.filter((name) => !known.includes(name));
  if (wrong.length > 0) {
    fail(`There is no mutant ${wrong.join(", ")}. There are: ${known.join(", ")}`);
    process.exit(2);
  }
  const results = await runMutants(names, ({ name, caughtBy, how }) =>
    console.log(`${caughtBy ? "✓" : "✗"} ${name}: ${caughtBy ? `caught by ${caughtBy}` : "NOT CAUGHT"} (${how})`),
  );
  const caught = results.filter(({ caughtBy }) => caughtBy !== null).length;
  console.log(`${caught} of ${results.length} mutants caught`);
  if (report) keepReport({ mutants: results });
  process.exit(caught === results.length ? 0 : 1);
}

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

async function runAll(
  wanted: readonly Scenario[],
  { report, keep, isAlone }: { report: boolean; keep: boolean; isAlone: (scenario: Scenario) => boolean },
): Promise<Result[]> {
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
  let interrupted = false;
  onInterrupt(async () => {
    interrupted = true;
    say(`interrupted; ${results.length} of ${wanted.length} scenarios were measured`);
    sum();
    await clear();
  });
  const servers = await starting;
  if (keep) say(`logs and data: ${servers.dataDir}`);
  pointTestsTo(servers);
  try {
    for (const scenario of wanted) {
      const result = await runScenario(scenario, servers, isAlone(scenario));
      // Broken off, its failure says nothing; the process ends as soon as all is cleared away.
      if (interrupted) await new Promise(() => {});
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
