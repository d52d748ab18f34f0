/**
 * `npm run simulate`: the real decisions of relay and consumers in a simulated world, random interleavings, the
 * invariants of the backbone. A broken invariant is told with the shortest story that leads to it.
 *
 *   npm run simulate -- --runs 5000 --seed 7
 *   npm run simulate -- --mutant "no mandatory"   a wrong decision, which has to be caught
 */
import { parseArgs } from "node:util";
import { run, StartError, say, seconds } from "../scripts/lib/say.ts";
import { mutants } from "./parts.ts";
import { simulate } from "./simulate.ts";

const RUNS = 100_000;

run(async () => {
  const { runs, seed, mutant } = readArguments();
  const since = performance.now();
  say(`${runs} runs, seed ${seed}${mutant ? `, mutant: ${mutant}` : ""}`);
  const report = simulate({
    runs,
    seed,
    ...(mutant !== undefined && { parts: mutants[mutant] ?? {} }),
    onProgress: (done) => done % 10_000 === 0 && say(`${done} runs, ${seconds(since)}`),
  });
  const { failure, happened } = report;
  if (failure) {
    console.log(`${failure.fault}\n  ${failure.story.join("\n  ")}`);
    say(
      `broken after ${report.runs} runs, ${seconds(since)}; repeat with: npm run simulate -- --runs ${runs} --seed ${seed}`,
    );
    process.exit(1);
  }
  say(
    `steps: ${Object.entries(happened)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}`,
  );
  say(`${report.runs} runs, seed ${seed}, no invariant broken, ${seconds(since)}`);
});

function readArguments(): { runs: number; seed: number; mutant: string | undefined } {
  const { values } = parsed();
  const number = (name: "runs" | "seed", otherwise: number): number => {
    const text = values[name] ?? String(otherwise);
    if (!/^\d{1,9}$/.test(text)) throw new StartError(`--${name} is "${text}"`, "give a whole number");
    return Number(text);
  };
  const { mutant } = values;
  if (mutant !== undefined && !(mutant in mutants))
    throw new StartError(`There is no mutant "${mutant}"`, `take one of: ${Object.keys(mutants).join(", ")}`);
  return { runs: number("runs", RUNS), seed: number("seed", Math.floor(Math.random() * 1e9)), mutant };
}

function parsed() {
  try {
    return parseArgs({
      options: { runs: { type: "string" }, seed: { type: "string" }, mutant: { type: "string" } },
    });
  } catch (error) {
    throw new StartError(
      (error as Error).message.split(". ", 1)[0] as string,
      "take --runs N, --seed N, --mutant NAME",
    );
  }
}
