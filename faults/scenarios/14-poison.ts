/** Poisonous events: one throws each time, one ends the process each time. Their neighbours flow all the while. */
import { ATTEMPTS, type AttemptsEntry } from "../../mixins/retry/dead-letter.ts";
import { MAX_ATTEMPTS } from "../../mixins/retry/policy.ts";
import type { Lab } from "../lib/lab.ts";
import { deadLetterOf, slowestNeighbour } from "../lib/poison.ts";
import { scenario } from "../lib/scenario.ts";

/** Seconds between the attempts: at once, then by the retry queues. */
const PAUSES = [0, 1, 2, 4, 8];

export default scenario({
  row: 14,
  name: "poison",
  fault: "one event throws in its handler each time, another one ends the process each time",
  async run(lab) {
    await lab.start("relay", { services: ["relay"] });
    await lab.start("beta", { services: ["beta"] });
    const names = ["one", "two"];
    const nodes = await Promise.all(names.map((name) => lab.start(name, { services: ["alpha"], restart: true })));
    const load = lab.load(10, () => lab.facts.write());
    // One after the other: the pauses are those of a service that has a process to make the next attempt.
    const throwing = (await lab.facts.write({ mode: "throw", only: "alpha" })) ?? "";
    const thrown = await deadLetterOf(lab, throwing, 90_000);
    const leaving = (await lab.facts.write({ mode: "exit", only: "alpha" })) ?? "";
    const letters = [thrown, await deadLetterOf(lab, leaving, 90_000)];
    await load.stop();
    const pauses = await pausesOf(lab, throwing);
    PAUSES.forEach((seconds, index) => {
      const [least, most] = seconds === 0 ? [0, 0.5] : [seconds * 0.8, seconds * 1.2];
      const value = pauses[index] ?? Number.NaN;
      lab.promise(`pause before attempt ${index + 2}`, value, "s", { atLeast: least, atMost: most });
    });
    lab.promise("attempts", pauses.length + 1, "", { atLeast: MAX_ATTEMPTS, atMost: MAX_ATTEMPTS });
    const codes = letters.map(({ code }) => code);
    if (String(codes) !== "POISON,delivery_limit") throw new Error(`Dead letters: ${codes}`);
    const deaths = nodes.reduce((sum, { exits }) => sum + exits.length, 0);
    const slowest = await slowestNeighbour(lab);
    const happened = `6 attempts, and ${deaths} processes ended before the delivery limit; slowest of the others ${slowest.toFixed(1)} s`;
    return { happened, healedMs: null };
  },
});

/** Between one failed attempt and the next, seconds. */
async function pausesOf(lab: Lab, eventId: string): Promise<number[]> {
  const entry = await lab.database("alpha").collection<AttemptsEntry>(ATTEMPTS).findOne({ eventId });
  const at = (entry?.failures ?? []).map((failure) => failure.at.getTime());
  return at.slice(1).map((time, index) => (time - (at[index] as number)) / 1_000);
}
