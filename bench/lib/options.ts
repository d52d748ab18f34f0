/** What `npm run bench` is asked for. Pure. */
import { parseArgs } from "node:util";
import { StartError } from "../../scripts/lib/say.ts";

export interface BenchOptions {
  readonly rounds: number;
  /** B6: how long the highest rate has to hold. */
  readonly minutes: number;
  /** B7: rows that wait when the relay starts. */
  readonly backlog: readonly number[];
  /** B7: rows in the outbox that were published long ago. */
  readonly published: number;
  /** Peers that need more than Node. */
  readonly debezium: boolean;
}

export interface Arguments extends BenchOptions {
  /** Empty: all. */
  readonly ids: readonly string[];
  readonly save: boolean;
}

const FULL = { rounds: "5", minutes: "10", backlog: "10000,100000,1000000", published: "1000000" };
/** To see that everything runs; its figures mean little. */
const QUICK = { rounds: "1", minutes: "0.25", backlog: "1000,10000", published: "20000" };

/** @throws StartError that names what would be right */
export function readArguments(args: readonly string[], known: readonly string[]): Arguments {
  const { values, positionals } = parsed(args);
  const preset = values.quick ? QUICK : FULL;
  const given = { ...preset, ...values } as typeof FULL;
  return {
    ids: positionals.map((name) => idOf(name, known)),
    save: values.save === true,
    debezium: values["no-debezium"] !== true,
    rounds: numberOf("rounds", given.rounds, 1, 100, true),
    minutes: numberOf("minutes", given.minutes, 0.05, 24 * 60, false),
    backlog: given.backlog.split(",").map((text) => numberOf("backlog", text, 1_000, 100_000_000, true)),
    published: numberOf("published", given.published, 0, 100_000_000, true),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        minutes: { type: "string" },
        backlog: { type: "string" },
        published: { type: "string" },
        quick: { type: "boolean" },
        save: { type: "boolean" },
        "no-debezium": { type: "boolean" },
      },
    });
  } catch (error) {
    throw new StartError((error as Error).message.replace(/\.$/, ""), "see the head of bench/run.ts for the options");
  }
}

function idOf(name: string, known: readonly string[]): string {
  const found = known.find((id) => id.toLowerCase() === name.toLowerCase());
  if (!found) throw new StartError(`There is no benchmark ${name}`, `one of ${known.join(", ")}`);
  return found;
}

function numberOf(name: string, text: string, min: number, max: number, whole: boolean): number {
  const value = Number(text);
  const fits = text.trim() !== "" && value >= min && value <= max && (!whole || Number.isInteger(value));
  if (fits) return value;
  const kind = whole ? "a whole number" : "a number";
  throw new StartError(
    `--${name} must be ${kind} from ${min} to ${max}`,
    `for example --${name} ${FULL[name as never]}`,
  );
}
