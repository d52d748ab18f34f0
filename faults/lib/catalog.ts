/** All scenarios: the files of `faults/scenarios`. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.ts";
import type { Scenario } from "./scenario.ts";

export async function loadScenarios(): Promise<Scenario[]> {
  const folder = join(ROOT, "faults", "scenarios");
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  const loaded = await Promise.all(files.map((name) => import(join(folder, name)) as Promise<{ default: Scenario }>));
  return loaded.map((module) => module.default).sort((a, b) => a.row - b.row || a.name.localeCompare(b.name));
}

/** `7`, `broker-restart`. @returns the wanted ones, or the words that name none */
export function selectScenarios(all: readonly Scenario[], words: readonly string[]): Scenario[] | { wrong: string[] } {
  const fits = (word: string) => all.filter(({ row, name }) => String(row) === word || name === word);
  const wrong = words.filter((word) => fits(word).length === 0);
  if (wrong.length > 0) return { wrong };
  return words.length === 0 ? [...all] : all.filter((one) => words.some((word) => fits(word).includes(one)));
}
