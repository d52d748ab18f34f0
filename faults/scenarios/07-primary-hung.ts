/** Three mongods, and the primary hangs: nobody gets an error at first, everybody waits. */
import { join } from "node:path";
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

const WATCH_MS = 25_000;
/** The default, not the lab's: while a member hangs, a majority answers no faster than heartbeats come, every 2 s. */
const LEASE_MS = 5_000;
let set: MongoSet;

export default scenario({
  row: 7,
  name: "primary-hung",
  fault: "three mongods: the primary hung (SIGSTOP) for 25 s under load",
  deadlineMs: 180_000,
  async own(dataDir) {
    set = await MongoSet.start({ dataDir: join(dataDir, "primary-hung"), binDir: BIN_DIR });
    return { mongoUrl: set.url, stop: () => set.stop() };
  },
  async run(lab) {
    const services = ["gateway", "probe", "relay", "alpha", "beta"];
    const node = await lab.start("all", { services, env: { RELAY_LEASE_MS: String(LEASE_MS) } });
    const load = lab.load(20, () => lab.rest.write(node.url));
    await pause(3_000);
    const primary = await set.primary();
    const hungAt = Date.now();
    const hungSince = performance.now();
    primary.hang();
    await pause(WATCH_MS).finally(() => primary.wake());
    await load.stop();
    onlyStatuses(lab.rest.answers, [201, 503]);
    retryAfterOn503(lab.rest.answers);
    const accepted = lab.rest.answers.filter(({ status }) => status === 201).map(({ at, ms }) => at + ms);
    const writes = longestGap(accepted, hungSince, hungSince + WATCH_MS);
    const effects = longestGap(await effectTimes(lab, "beta"), hungAt, hungAt + WATCH_MS);
    lab.promise("longest time without an accepted write", writes / 1_000, "s", { atMost: 15 });
    lab.promise("longest time without an effect", effects / 1_000, "s", { atMost: 15 });
    await set.healthy();
    await noDeadLetters(lab);
    return { happened: statusText(lab.rest.answers), healedMs: Math.max(writes, effects) };
  },
});
