/** A consumer dies in the middle of its work, and between commit and ack: another one has it a second later. */

import type { Lab } from "../lib/lab.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";
import { EFFECTS, type EffectDoc } from "../probe/documents.ts";

export default scenario({
  row: 3,
  name: "consumer-killed",
  fault: "SIGKILL of a consumer mid-handler, and between commit and ack",
  short: "alone",
  async run(lab) {
    await lab.start("relay", { services: ["relay"] });
    await lab.start("steady", { services: ["alpha", "beta"] });
    const midHandler = await killAt(lab, "consumer.mid-handler");
    const beforeAck = await killAt(lab, "consumer.before-ack");
    const healedMs = Math.max(midHandler, beforeAck);
    lab.promise("redelivered", healedMs / 1_000, "s", { atMost: 1 });
    return { happened: `killed twice with messages in hand; another process finished their work`, healedMs };
  },
});

/** @returns milliseconds from the death to the end of everything that was written before it */
async function killAt(lab: Lab, point: string): Promise<number> {
  const victim = await lab.start(point, { services: ["alpha", "beta"], crashAt: point });
  for (let transactions = 0; transactions < 10; transactions++) await lab.facts.writeMany(5);
  const { signal, at } = await victim.exited;
  if (signal !== "SIGKILL") throw new Error(`${point}: ${signal} instead of SIGKILL`);
  const diedAt = Date.now() - (performance.now() - at);
  await until("the effects of all", 20_000, () => lab.quiet(5_000));
  const [last] = await lab.database("alpha").collection<EffectDoc>(EFFECTS).find().sort({ at: -1 }).limit(1).toArray();
  return Math.max(0, (last?.at.getTime() ?? 0) - diedAt);
}
