/** Too large or too deep is refused where it is written: nothing of it reaches an outbox or the broker. */
import { scenario } from "../lib/scenario.ts";

export default scenario({
  row: 17,
  name: "too-much",
  fault: "an event of 257 KiB, a body of 17 MB, JSON nested 10,000 deep",
  short: "alone",
  async run(lab) {
    const front = await lab.start("front", { services: ["gateway", "probe"] });
    await lab.start("relay", { services: ["relay"] });
    await lab.start("work", { services: ["alpha", "beta"] });
    const answers = [
      await lab.rest.write(front.url, { blobBytes: 257 * 1024 }),
      await lab.rest.write(front.url, { blobBytes: 17 * 1024 * 1024 }),
      await lab.rest.write(front.url, { blob: "x".repeat(257 * 1024) }),
      await lab.rest.write(front.url, { blob: "x".repeat(17 * 1024 * 1024) }),
      await lab.rest.write(front.url, {}, `,"deep":${nested(10_000)}`),
      await lab.rest.write(front.url, { blobBytes: 255 * 1024 }),
    ];
    const statuses = answers.map(({ status }) => status);
    const expected = [413, 413, 413, 413, 422, 201];
    if (String(statuses) !== String(expected)) throw new Error(`${statuses} instead of ${expected}`);
    if (front.exits.length > 0) throw new Error("The process ended.");
    return { happened: `${statuses.slice(0, -1).join(", ")}; 255 KiB pass`, healedMs: null };
  },
});

/** As text: JSON.stringify gives up earlier. */
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
