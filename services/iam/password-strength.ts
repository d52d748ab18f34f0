/** Is a password worth anything? zxcvbn's estimate, with its lists of leaked and common passwords. */
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";
import { WeakPasswordError } from "./errors.ts";

/** Of 0 to 4: below, fewer than a million guesses are enough. */
const MIN_SCORE = 2;

const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

const words = (about: readonly string[]): string[] =>
  about.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]).filter((word) => word.length > 2);

/**
 * @param about what anybody may know of the person: address, name
 * @param field of the body, for the error
 * @throws WeakPasswordError
 */
export function checkPassword(password: string, about: readonly string[], field = "password"): void {
  const { score } = zxcvbn.check(password, words(about));
  if (score >= MIN_SCORE) return;
  throw new WeakPasswordError(
    field,
    "it is in lists of leaked passwords, or made of few well-known pieces. Take four words that nobody would put together.",
  );
}
