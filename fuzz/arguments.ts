/** What the command line asks for. */
import { parseArgs } from "node:util";
import { StartError } from "../scripts/lib/say.ts";

/** In the order in which they run, with their cases. */
export const PARTS = { decoder: 100_000, rest: 20_000, consumer: 100_000 } as const;
export type Part = keyof typeof PARTS;

export interface Wanted {
  parts: readonly Part[];
  casesOf: (part: Part) => number;
  seed: number;
  /** Part of an operation's id. */
  only: string | undefined;
}

const REMEDY = `name some of ${Object.keys(PARTS).join(", ")}, or nothing for all; --cases N, --seed N, --only <operation>`;
const options = { cases: { type: "string" }, seed: { type: "string" }, only: { type: "string" } } as const;

/** @throws StartError that lists the right ones */
export function readArguments(given = process.argv.slice(2)): Wanted {
  const { values, positionals } = parsed(given);
  const unknown = positionals.find((one) => !(one in PARTS));
  if (unknown !== undefined) throw new StartError(`There is no "${unknown}" to fuzz`, REMEDY);
  const cases = wholeNumber("cases", values.cases);
  return {
    parts: (Object.keys(PARTS) as Part[]).filter((one) => positionals.length === 0 || positionals.includes(one)),
    casesOf: (part) => cases ?? PARTS[part],
    seed: wholeNumber("seed", values.seed) ?? Math.floor(Math.random() * 1e9),
    only: values.only,
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new StartError((error as Error).message.split(". ", 1)[0] as string, REMEDY);
  }
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d{0,8}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new StartError(`--${name} is "${text}"`, "give a whole number");
}
