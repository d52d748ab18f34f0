/** Three relays; the holder is stopped for a while and woken: another one has taken over, the old one may write nothing. */

import type { Lab } from "../lib/lab.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const LEASE_MS = 2_000;
const STOPPED_MS = 30_000;

export default scenario({
  row: 20,
  name: "relay-stopped",
  fault: "three relays; the holder is stopped (SIGSTOP) for 30 s and woken",
  async run(lab) {
    const env = { RELAY_LEASE_MS: String(LEASE_MS), RELAY_WINDOW: "50" };
    const names = ["one", "two", "three"];
    const relays = await Promise.all(names.map((name) => lab.start(name, { services: ["relay"], env })));
    await lab.start("work", { services: ["alpha", "beta"] });
    const load = lab.load(25, () => lab.facts.write());
    const first = await until("a holder", 10_000, () => leaseOf(lab));
    const holder = relays.find(({ name }) => first.holder.startsWith(`${lab.prefix}-${name}/`));
    holder?.hang();
    const since = performance.now();
    const second = await until("another holder", 30_000, async () => {
      const lease = await leaseOf(lab);
      return lease && lease.epoch > first.epoch ? lease : undefined;
    });
    const healedMs = performance.now() - since;
    lab.promise("taken over", healedMs / 1_000, "s", { atMost: (2 * LEASE_MS) / 1_000 });
    await until("the end of the stop", STOPPED_MS * 2, () => performance.now() - since > STOPPED_MS);
    await lab.checkToken();
    const wokenAt = await serverTime(lab);
    holder?.wake();
    await until("the woken one to see that it lost", 20_000, () => /tenure ended/i.test(holder?.log ?? ""));
    await load.stop();
    if (!(await lab.quiet(30_000))) throw new Error("Not quiet after 30 s.");
    await lab.checkToken();
    const stale = await marksOf(lab, first.epoch, wokenAt);
    if (stale > 0) throw new Error(`${stale} rows were marked by the old holder after it was woken.`);
    const now = await leaseOf(lab);
    if (now?.holder !== second.holder) throw new Error(`The lease went on to ${now?.holder}.`);
    return {
      happened: `epoch ${first.epoch} to ${second.epoch}; the woken holder wrote nothing and stood by`,
      healedMs,
    };
  },
});

const leaseOf = (lab: Lab) =>
  lab
    .database("relay")
    .collection<{ _id: string; holder: string; epoch: number }>("leases")
    .findOne({ holder: { $ne: "" } });

async function serverTime(lab: Lab): Promise<Date> {
  return (await lab.client.db("admin").command({ hello: 1 })).localTime as Date;
}

const marksOf = (lab: Lab, epoch: number, after: Date): Promise<number> =>
  lab
    .database("probe")
    .collection("outbox")
    .countDocuments({ epoch, publishedAt: { $gt: after } });
