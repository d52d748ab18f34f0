/** A consumer dies after the copy is confirmed and before it has acked the original: two copies, one dead letter. */
import { DEAD_LETTERS, type DeadLetter } from "../../mixins/retry/dead-letter.ts";
import type { Lab } from "../lib/lab.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const POISONS = 4;

export default scenario({
  row: 4,
  name: "consumer-killed-moving-on",
  fault:
    "SIGKILL of a consumer between the confirm of a retry or dead-letter copy and the ack; of the archiver before its ack",
  async run(lab) {
    await lab.start("relay", { services: ["relay"] });
    await lab.start("beta", { services: ["beta"] });
    const points = ["consumer.after-retry-confirm", "consumer.after-dead-letter-confirm", "archiver.before-ack"];
    const victims = await Promise.all(
      points.map((crashAt) => lab.start(crashAt, { services: ["alpha"], crashAt, restart: true })),
    );
    const since = performance.now();
    const ids = await lab.facts.writeMany(POISONS, { mode: "throw", only: "alpha" });
    await until("as many dead letters as poisonous events", 60_000, async () => (await letters(lab)).length >= POISONS);
    const healedMs = performance.now() - since;
    await lab.quiet(30_000);
    const found = await letters(lab);
    if (found.length !== ids.length) throw new Error(`${found.length} dead letters of ${ids.length} events`);
    const killed = victims.filter(({ exits }) => exits.some(({ signal }) => signal === "SIGKILL"));
    if (killed.length < 2) throw new Error("Fewer than two of the victims died.");
    const at = killed.map(({ name }) => name).join(", ");
    return { happened: `killed at ${at}; ${found.length} dead letters for ${ids.length} events`, healedMs };
  },
});

const letters = (lab: Lab): Promise<DeadLetter[]> =>
  lab.database("alpha").collection<DeadLetter>(DEAD_LETTERS).find().toArray();
