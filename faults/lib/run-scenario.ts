/** Runs one scenario on the run's servers, lets the checker compare, and says what came of it. */
import { availableParallelism, loadavg } from "node:os";
import { messageOfError } from "../../mixins/kit/failure.ts";
import { isClean, told, type Verdict } from "./checker.ts";
import { Lab } from "./lab.ts";
import { promiseText } from "./report.ts";
import type { Resident } from "./resident.ts";
import type { Result, Scenario } from "./scenario.ts";
import type { FaultServers } from "./servers.ts";
import { within } from "./wait.ts";

const DEADLINE_MS = 120_000;

/** Labs that are open: closed when the run is interrupted. */
export const openLabs = new Set<Lab>();

/** `alone`: without the product beside it, although it could be there. Never rejects. */
export async function runScenario(scenario: Scenario, servers: FaultServers, alone: boolean): Promise<Result> {
  const without = scenario.alone ?? (alone ? "so asked" : undefined);
  const since = performance.now();
  const { row, name, fault, nearest = null, deadlineMs = DEADLINE_MS } = scenario;
  const result: Result = {
    row,
    name,
    fault,
    passed: false,
    error: null,
    happened: "",
    healedMs: null,
    promises: [],
    verdict: null,
    nearest,
    beside: without === undefined ? "did not come so far" : `none: ${without}`,
    seconds: 0,
    load: 0,
  };
  let lab: Lab | undefined;
  let resident: Resident | undefined;
  try {
    const own = await scenario.own?.(servers.dataDir);
    const { sharedDatabase = [] } = scenario;
    const domain = without === undefined ? "product" : (scenario.domain ?? "probe");
    lab = await Lab.open(servers, { domain, sharedDatabase, own });
    openLabs.add(lab);
    if (without === undefined) resident = await lab.addProduct();
    Object.assign(result, await within(deadlineMs, scenario.run(lab)));
    result.verdict = await lab.check();
  } catch (error) {
    result.error = messageOfError(error);
    // What the checker has to say tells most about a failure.
    result.verdict ??= (await lab?.check(5_000).catch(() => null)) ?? null;
  }
  if (lab) {
    result.promises = lab.promises;
    await lab.close().catch((error: unknown) => {
      result.error ??= `could not be cleared away: ${messageOfError(error)}`;
    });
    openLabs.delete(lab);
  }
  if (resident) result.beside = resident.told;
  result.error ??= complaint(result);
  result.passed = result.error === null;
  result.seconds = Math.round((performance.now() - since) / 100) / 10;
  result.load = Math.round(((loadavg()[0] ?? 0) / availableParallelism()) * 10) / 10;
  return result;
}

function complaint({ verdict, promises }: Result): string | null {
  const broken = promises.filter(({ kept }) => !kept).map(promiseText);
  const unclean = verdict && !isClean(verdict) ? [told(verdict, 5)] : [];
  const all = [...broken, ...unclean];
  return all.length === 0 ? null : all.join("; ");
}

/** For the console. */
export function resultText({
  row,
  name,
  passed,
  error,
  happened,
  promises,
  verdict,
  beside,
  seconds,
  healedMs,
}: Result): string {
  const head = `${passed ? "✓" : "✗"} ${row} ${name} (${seconds} s): ${happened}\n  product beside it: ${beside}`;
  const healed = healedMs === null ? [] : [`  healed after ${(healedMs / 1_000).toFixed(2)} s`];
  const kept = promises.map((one) => `  ${promiseText(one)}`);
  return [head, ...healed, ...kept, ...sums(verdict), ...(error === null ? [] : [`  ${error}`])].join("\n");
}

const sums = (verdict: Verdict | null): string[] =>
  verdict ? [`  ${verdict.events} events, ${verdict.effects} effects: ${told(verdict, 10)}`] : [];
