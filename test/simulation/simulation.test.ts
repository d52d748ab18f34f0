/** The backbone's decisions in a simulated world; the full size is `npm run simulate`. */
import { describe, expect, it } from "@jest/globals";
import { mutants } from "../../simulation/parts.ts";
import { simulate } from "../../simulation/simulate.ts";

const SEED = 6;
/** With these the mutants are caught early. */
const MUTANT_SEED = 6;
const OTHER_SEEDS: Readonly<Record<string, number>> = { "a mark without its fence": 16 };
const TIMEOUT_MS = 240_000;

describe("the simulated backbone", () => {
  it(
    "breaks no invariant in 300 random interleavings of faults",
    () => {
      const report = simulate({ runs: 300, seed: SEED });
      expect(report.failure).toBeUndefined();
      expect(report.runs).toBe(300);
      // Everything that can go wrong has gone wrong.
      const faults = [
        "kill one",
        "stop two",
        "kill consumer",
        "lose",
        "history lost",
        "clock jumps",
        "bindings gone",
        "broker nacks late",
        "confirm timeout",
        "replay",
        "contested",
      ];
      expect(faults.filter((name) => !report.happened[name])).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it.each(Object.keys(mutants))(
    "catches the mutant: %s",
    (name) => {
      const report = simulate({
        runs: 400,
        seed: OTHER_SEEDS[name] ?? MUTANT_SEED,
        parts: mutants[name] ?? {},
        shrink: false,
      });
      expect(report.failure?.fault).toMatch(/^I\d+: /);
    },
    TIMEOUT_MS,
  );

  it("tells the same story for the same seed", () => {
    const once = () => simulate({ runs: 200, seed: 5, parts: mutants["no mandatory"] ?? {}, shrink: false });
    expect(once()).toEqual(once());
  });
});
