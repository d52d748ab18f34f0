/** Poisonous events that no catch can stop: one loops for ever, one takes all memory. */
import { management } from "../../test/support/env.ts";
import type { Lab } from "../lib/lab.ts";
import { deadLetterOf, slowestNeighbour } from "../lib/poison.ts";
import { scenario } from "../lib/scenario.ts";

/** The product's limit is 20 (and was seen by `poison`): each death takes seconds here. */
const DELIVERY_LIMIT = 7;
const LOOP_MS = 2_000;

export default scenario({
  row: 14,
  name: "poison-hangs",
  fault: "one event makes its handler loop for ever, another one makes it take all memory",
  deadlineMs: 180_000,
  async run(lab) {
    await lab.start("relay", { services: ["relay"] });
    await lab.start("beta", { services: ["beta"] });
    await lowerDeliveryLimit(lab);
    const env = { NODE_OPTIONS: "--max-old-space-size=64", LOOP_GUARD_MS: String(LOOP_MS) };
    const start = (name: string) => lab.start(name, { services: ["alpha"], restart: true, env });
    const nodes = await Promise.all(["one", "two"].map(start));
    const load = lab.load(10, () => lab.facts.write());
    const modes = ["loop", "memory"] as const;
    const ids = await Promise.all(modes.map((mode) => lab.facts.write({ mode, only: "alpha" })));
    for (const id of ids) {
      const { code } = await deadLetterOf(lab, id ?? "", 150_000);
      if (code !== "delivery_limit") throw new Error(`Dead letter with ${code}`);
    }
    await load.stop();
    const exits = nodes.flatMap((node) => node.exits.map(({ signal }) => signal));
    const [hung, full] = ["SIGKILL", "SIGABRT"].map((name) => exits.filter((signal) => signal === name).length);
    const slowest = await slowestNeighbour(lab);
    const happened = `${hung} processes ended by the loop guard, ${full} out of memory; both events are dead letters; slowest of the others ${slowest.toFixed(1)} s`;
    return { happened, healedMs: null };
  },
});

/** A policy lowers the queue's own limit: the smaller one counts. */
const lowerDeliveryLimit = (lab: Lab) =>
  management("PUT", `/api/policies/${encodeURIComponent(new URL(lab.world.env.AMQP_URL).pathname.slice(1))}/faults`, {
    pattern: "^alpha\\.q$",
    "apply-to": "queues",
    definition: { "delivery-limit": DELIVERY_LIMIT },
  });
