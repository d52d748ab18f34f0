/**
 * `npm run chaos`: random faults under load, then the checker.
 *
 *   npm run chaos -- --minutes 10 --seed 7    the same faults at the same times for the same seed
 *   npm run chaos -- --every 1000             mean time between two faults, milliseconds
 *   npm run chaos -- --rate 25                REST writes, and as many raw facts, a second
 */
import { parseArgs } from "node:util";
import { onInterrupt } from "../scripts/lib/interrupt.ts";
import { run, StartError, say } from "../scripts/lib/say.ts";
import { Chaos } from "./lib/chaos.ts";
import { Lab } from "./lib/lab.ts";
import { keepReport } from "./lib/report.ts";
import { pointTestsTo, startFaultServers } from "./lib/servers.ts";

run(async () => {
  const options = readArguments();
  const starting = startFaultServers();
  let lab: Lab | undefined;
  let chaos: Chaos | undefined;
  const clear = async (): Promise<void> => {
    await lab?.close().catch(() => {});
    await starting.then((servers) => servers.stop()).catch(() => {});
  };
  onInterrupt(async () => {
    say(`interrupted after ${chaos?.kills ?? 0} kills: ${JSON.stringify(chaos?.faults ?? {})}`);
    await clear();
  });
  const servers = await starting;
  pointTestsTo(servers);
  try {
    lab = await Lab.open(servers, { domain: "product", sharedDatabase: [], own: undefined });
    chaos = new Chaos(lab, { ...options, onStep: say });
    const result = await chaos.run();
    console.log(JSON.stringify(result, null, 2));
    console.log(result.verdict);
    keepReport({ chaos: [result] });
    process.exitCode = result.passed ? 0 : 1;
  } finally {
    await clear();
  }
  process.exit();
});

function readArguments() {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string", default: "1" },
      every: { type: "string", default: "1500" },
      rate: { type: "string", default: "20" },
    },
  });
  const number = (name: keyof typeof values, least: number, most: number): number => {
    const value = Number(values[name]);
    if (value >= least && value <= most) return value;
    throw new StartError(
      `--${name} must be a number from ${least} to ${most}`,
      `for example npm run chaos -- --minutes 10 --seed 1`,
    );
  };
  return {
    minutes: number("minutes", 0.1, 600),
    seed: number("seed", 0, 2 ** 32 - 1),
    everyMs: number("every", 100, 60_000),
    perSecond: number("rate", 1, 1_000),
  };
}
