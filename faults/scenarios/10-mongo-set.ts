/** Three mongods: the primary steps down, then it is killed, both under load. */
import { join } from "node:path";
import type { Lab } from "../lib/lab.ts";
import {
  effectTimes,
  longestGap,
  noDeadLetters,
  onlyStatuses,
  pause,
  retryAfterOn503,
  statusText,
} from "../lib/measure.ts";
import { MongoSet } from "../lib/mongo-set.ts";
import { scenario } from "../lib/scenario.ts";
import { BIN_DIR } from "../lib/servers.ts";

const WATCH_MS = 15_000;
let set: MongoSet;

export default scenario({
  row: 10,
  name: "mongo-set",
  fault: "three mongods: step-down, then SIGKILL of the primary, under load",
  deadlineMs: 180_000,
  async own(dataDir) {
    set = await MongoSet.start({ dataDir: join(dataDir, "mongo-set"), binDir: BIN_DIR });
    return { mongoUrl: set.url, stop: () => set.stop() };
  },
  async run(lab) {
    const node = await lab.start("all", { services: ["gateway", "probe", "relay", "alpha", "beta"] });
    const load = lab.load(20, () => lab.rest.write(node.url));
    await pause(2_000);
    const stepDown = await gapAfter(lab, () => set.stepDown());
    const primary = await set.primary();
    const kill = await gapAfter(lab, () => primary.kill());
    await load.stop();
    primary.start();
    onlyStatuses(lab.rest.answers, [201, 503]);
    retryAfterOn503(lab.rest.answers);
    lab.promise("gap after the step-down", stepDown / 1_000, "s", { atMost: 15 });
    lab.promise("gap after the SIGKILL", kill / 1_000, "s", { atMost: 15 });
    await set.healthy();
    await noDeadLetters(lab);
    return { happened: statusText(lab.rest.answers), healedMs: Math.max(stepDown, kill) };
  },
});

/** Longest time without an effect. */
async function gapAfter(lab: Lab, fault: () => Promise<void>): Promise<number> {
  const since = Date.now();
  await fault();
  await pause(WATCH_MS);
  return longestGap(await effectTimes(lab, "beta"), since, Date.now());
}
