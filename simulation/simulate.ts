/** Runs of the simulation under fast-check: a counterexample is made as short as it gets. */
import fc from "fast-check";
import { type Parts, realParts } from "./parts.ts";
import { World } from "./world.ts";

export interface SimulationOptions {
  runs: number;
  seed: number;
  parts?: Partial<Parts>;
  /** Look for the shortest counterexample; default true. */
  shrink?: boolean;
  onProgress?: (done: number) => void;
}

export interface SimulationReport {
  runs: number;
  seed: number;
  /** What happened, summed over all runs. */
  happened: Record<string, number>;
  /** Undefined: no run broke an invariant. */
  failure: { fault: string; story: string[]; tape: number[] } | undefined;
}

const LONGEST = 400;

export function simulate(options: SimulationOptions): SimulationReport {
  const { runs, seed, parts = {}, onProgress, shrink = true } = options;
  const happened: Record<string, number> = {};
  let done = 0;
  const tape = fc.array(fc.nat(0xffff), { maxLength: LONGEST, size: "max" });
  const property = fc.property(tape, (numbers) => {
    const world = new World({ ...realParts, ...parts }, numbers);
    world.run();
    for (const name of world.log) happened[name] = (happened[name] ?? 0) + 1;
    if (++done % 1_000 === 0) onProgress?.(done);
  });
  const details = fc.check(property, { seed, numRuns: runs, endOnFailure: !shrink });
  const [numbers] = details.counterexample ?? [];
  return {
    runs: details.numRuns,
    seed,
    happened,
    failure: numbers && { fault: messageOf(details.errorInstance), story: storyOf(numbers, parts), tape: numbers },
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function storyOf(numbers: number[], parts: Partial<Parts>): string[] {
  const world = new World({ ...realParts, ...parts }, numbers);
  try {
    world.run();
  } catch {
    // It is the end of the story.
  }
  return world.log;
}
