/** Tab completion of our commands: verbs, options, and the ids that the cluster knows at this moment. */
import type { Ask } from "./command.ts";

/** What can stand behind a command's name. */
export interface Completable {
  name: string;
  /** `--status` and its kind. */
  options: readonly string[];
  /** Words that can follow `before` (those behind the name). */
  words?: (before: readonly string[], ask: Ask) => Promise<readonly string[]> | readonly string[];
}

/** As Node's readline wants it: what the last word can become, and that word. */
export type Completion = [hits: string[], word: string];

/** @returns undefined for a line that is no command of ours yet */
export async function complete(
  line: string,
  commands: readonly Completable[],
  ask: Ask,
): Promise<Completion | undefined> {
  const [name, ...words] = line.trimStart().split(/\s+/);
  const command = words.length > 0 ? commands.find((known) => known.name === name) : undefined;
  if (!command) return undefined;
  const word = words.at(-1) as string;
  const known = word.startsWith("-") ? command.options : ((await command.words?.(words.slice(0, -1), ask)) ?? []);
  return [known.filter((candidate) => candidate.startsWith(word)), word];
}
