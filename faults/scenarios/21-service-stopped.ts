/** One service is away and its queue grows; nobody else notices, and it drains the queue alone when it is back. */
import { BULK_DOMAIN, drained, fill } from "../lib/bulk.ts";
import type { Lab } from "../lib/lab.ts";
import { effectTimes } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const BACKLOG = 200_000;
/** Facts of the others by which their rate is measured. */
const SAMPLE = 3_000;

export default scenario({
  row: 21,
  name: "service-stopped",
  fault: "one service stopped until its queue holds 200,000 messages",
  domain: BULK_DOMAIN,
  alone: "the event log would keep its 200,000 facts as well",
  deadlineMs: 600_000,
  async run(lab) {
    await lab.start("others", { services: ["relay", "probe", "alpha", "beta"] });
    // The first one warms up.
    await rateOfOthers(lab);
    const before = await rateOfOthers(lab);
    await fill(lab, BACKLOG);
    const during = await rateOfOthers(lab);
    const since = performance.now();
    const gamma = await lab.start("gamma", { services: ["gamma"] });
    await until("an empty queue", 300_000, async () => (await drained(lab)) >= BACKLOG, 500);
    const healedMs = performance.now() - since;
    lab.promise("rate of the others, to that before", during / before, "", { atLeast: 0.8 });
    lab.promise("exits of the process", gamma.exits.length, "", { atMost: 0 });
    const rate = Math.round(BACKLOG / (healedMs / 1_000));
    return { happened: `it drained ${BACKLOG} messages by itself, ${rate}/s from its start on`, healedMs };
  },
});

/** Facts a second, from the first write to the last effect. */
async function rateOfOthers(lab: Lab): Promise<number> {
  const had = (await effectTimes(lab, "beta")).length;
  const since = performance.now();
  for (let written = 0; written < SAMPLE; written += 500) await lab.facts.writeMany(500);
  // Beta handles each fact, and alpha's echo of it.
  const all = async () =>
    (await lab.database("beta").collection("effects").estimatedDocumentCount()) >= had + 2 * SAMPLE;
  await until("all effects of the others", 120_000, all, 20);
  return SAMPLE / ((performance.now() - since) / 1_000);
}
