/** Is a password worth anything? zxcvbn's estimate, with its lists of leaked and common passwords. */
import type { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { WeakPasswordError } from "./errors.ts";

/** Of 0 to 4: below, fewer than a million guesses are enough. */
const MIN_SCORE = 2;

let loading: Promise<ZxcvbnFactory> | undefined;

/** At the first password: its 57,000 words are of use to nobody else, and each collection of the heap looks at them. */
async function load(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
  ]);
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
}

const words = (about: readonly string[]): string[] =>
  about.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]).filter((word) => word.length > 2);

/**
 * @param about what anybody may know of the person: address, name
 * @param field of the body, for the error
 * @throws WeakPasswordError
 */
export async function checkPassword(password: string, about: readonly string[], field = "password"): Promise<void> {
  loading ??= load();
  const { score } = (await loading).check(password, words(about));
  if (score >= MIN_SCORE) return;
  throw new WeakPasswordError(
    field,
    "it is in lists of leaked passwords, or made of few well-known pieces. Take four words that nobody would put together.",
  );
}
