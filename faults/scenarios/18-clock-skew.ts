/** Processes whose clocks are an hour fast and an hour slow, and one that jumps back: leases go by the server's clock. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { FaultNode } from "../lib/fault-node.ts";
import type { Lab } from "../lib/lab.ts";
import { unpublished } from "../lib/measure.ts";
import { ROOT } from "../lib/root.ts";
import { scenario } from "../lib/scenario.ts";
import { signal } from "../lib/signals.ts";
import { until } from "../lib/wait.ts";

const HOUR_MS = 3_600_000;
const LEASE_MS = 1_000;
const PRELOAD = pathToFileURL(join(ROOT, "faults", "probe", "shifted-clock.mjs")).href;

export default scenario({
  row: 18,
  name: "clock-skew",
  fault: "clocks an hour fast and an hour slow; the holder's clock jumps back by an hour",
  async run(lab) {
    const wire = await lab.tapWire();
    const start = (name: string, shiftMs: number): Promise<FaultNode> =>
      lab.start(name, {
        services: ["gateway", "probe", "relay", "alpha", "beta"],
        env: { NODE_OPTIONS: `--import ${PRELOAD}`, CLOCK_SHIFT_MS: String(shiftMs) },
      });
    const fast = await start("fast", HOUR_MS);
    const slow = await start("slow", -HOUR_MS);
    const written = [...(await alternate(lab, [fast, slow]))];
    const before = await holder(lab);
    signal((before.name === "fast" ? fast : slow).pid, "SIGUSR2");
    written.push(...(await alternate(lab, [fast, slow])));
    const after = await holder(lab);
    await lab.checkToken();
    const [victim, heir] = after.name === "fast" ? [fast, slow] : [slow, fast];
    const { at } = await victim.kill();
    await until("the takeover", 20_000, async () => (await holder(lab)).name === heir.name, 20);
    const healedMs = performance.now() - at;
    written.push(...(await alternate(lab, [heir])));
    await until("everything published", 20_000, async () => (await unpublished(lab)) === 0);
    lab.promise("changes of the lease by the jump", after.epoch - before.epoch, "", { atMost: 0 });
    lab.promise("takeover", healedMs / 1_000, "s", { atMost: (2 * LEASE_MS) / 1_000 });
    lab.promise("events out of order", disorder(written, [...(await wire.counts()).keys()]), "", { atMost: 0 });
    return { happened: `${written.length} writes through both, published in their order`, healedMs };
  },
});

/** One after the other, each through another process. @returns eventIds in the order of their commits */
async function alternate(lab: Lab, nodes: readonly FaultNode[]): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < 40; n++) {
    const { status, body } = await lab.rest.write((nodes[n % nodes.length] as FaultNode).url);
    if (status !== 201) throw new Error(`A write was answered ${status}.`);
    ids.push((body as { id: string }).id);
  }
  return ids;
}

async function holder(lab: Lab): Promise<{ name: string; epoch: number }> {
  const lease = await lab
    .database("relay")
    .collection<{ _id: string; holder: string; epoch: number }>("leases")
    .findOne({ $expr: { $gt: ["$expiresAt", "$$NOW"] } });
  const name = ["fast", "slow"].find((one) => lease?.holder.startsWith(`${lab.prefix}-${one}/`)) ?? "nobody";
  return { name, epoch: lease?.epoch ?? 0 };
}

/** Pure. How many of these came before their predecessor, by the first copy of each. */
function disorder(written: readonly string[], arrived: readonly string[]): number {
  const place = new Map(arrived.map((id, index) => [id, index]));
  return written.filter((id, n) => n > 0 && (place.get(id) ?? -1) < (place.get(written[n - 1] as string) ?? 0)).length;
}
