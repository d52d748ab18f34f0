/** The relay dies between any two of its steps; the next one goes on where the checkpoint and the marks say. */
import type { CrashPoint } from "../../mixins/kit/crash-point.ts";
import type { Lab } from "../lib/lab.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const WINDOW = 50;
/** Passages before the death: in the middle of a window; marks come in batches. */
const DEATHS: readonly [CrashPoint, number][] = [
  ["relay.before-publish", 20],
  ["relay.after-confirm", 30],
  ["relay.before-mark", 1],
  ["relay.after-mark", 1],
];

export default scenario({
  row: 1,
  name: "relay-killed",
  fault: "SIGKILL of the relay before publish, after confirm, before mark, after mark",
  short: "alone",
  async run(lab) {
    const wire = await lab.tapWire();
    await lab.start("work", { services: ["alpha", "beta"] });
    for (const [point, passage] of DEATHS) await die(lab, point, passage);
    const since = performance.now();
    await lab.start("relay", { services: ["relay"] });
    await until("every row published", 30_000, async () => (await lab.rows()).every(({ published }) => published));
    const healedMs = performance.now() - since;
    const duplicates = await wire.duplicates();
    // Unconfirmed ones, and confirmed ones without a mark.
    lab.promise("wire duplicates of four deaths", duplicates, "messages", { atMost: DEATHS.length * 2 * WINDOW });
    return {
      happened: `killed four times with ${WINDOW} unconfirmed and ${WINDOW} unmarked at most; ${duplicates} sent twice`,
      healedMs,
    };
  },
});

async function die(lab: Lab, point: CrashPoint, passage: number): Promise<void> {
  const env = { RELAY_WINDOW: String(WINDOW) };
  const relay = await lab.start(point, { services: ["relay"], crashAt: `${point}:${passage}`, env });
  for (let transactions = 0; transactions < 10; transactions++) await lab.facts.writeMany(10);
  const { signal } = await relay.exited;
  if (signal !== "SIGKILL") throw new Error(`${point}: ${signal} instead of SIGKILL`);
  await lab.checkToken();
}
