/** Handlers that take 10 s in front of a backlog of 100,000: memory stays small, and the API does not notice. */

import { memoryOf } from "../../test/support/deployed.ts";
import { BULK_DOMAIN, drained, fill } from "../lib/bulk.ts";
import { onlyStatuses, pause, percentile, watchMemory } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";
import { SLOW } from "../probe/contracts.ts";

const BACKLOG = 100_000;
const SLOW_ONES = 64;
const HANDLER_MS = 10_000;

export default scenario({
  row: 22,
  name: "slow-handler",
  fault: "64 handlers that take 10 s, in front of a backlog of 100,000 messages",
  domain: BULK_DOMAIN,
  alone: "the event log would keep its 100,000 facts as well",
  deadlineMs: 600_000,
  async run(lab) {
    const api = await lab.start("api", { services: ["gateway", "probe", "relay", "alpha", "beta"] });
    await lab.facts.writeMany(SLOW_ONES, { waitMs: HANDLER_MS }, SLOW);
    await fill(lab, BACKLOG);
    const load = lab.load(50, () => lab.rest.write(api.url));
    await pause(5_000);
    const before = percentile(times(lab.rest.answers), 0.99);
    const asked = lab.rest.answers.length;
    const since = performance.now();
    const gamma = await lab.start("gamma", { services: ["gamma"], env: memoryOf("reactions") });
    const memory = watchMemory(() => gamma.pid);
    await until("an empty queue", 300_000, async () => (await drained(lab)) >= BACKLOG + SLOW_ONES, 250);
    const healedMs = performance.now() - since;
    await load.stop();
    onlyStatuses(lab.rest.answers, [201]);
    const during = percentile(times(lab.rest.answers.slice(asked)), 0.99);
    lab.promise("the consumer's memory", memory.end(), "MB", { atMost: 300 });
    lab.promise("p99 of the API meanwhile", during, "ms", { atMost: 2 * before + 50 });
    return { happened: `p99 of the API was ${Math.round(before)} ms before`, healedMs };
  },
});

const times = (answers: readonly { ms: number }[]): number[] => answers.map(({ ms }) => ms);
