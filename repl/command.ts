/** The shape of a command for moleculer-repl, and what all of ours share: the operator, `--json`, clear errors. */
import { userInfo } from "node:os";
import type { ServiceBroker } from "moleculer";
import type { Actor } from "../mixins/kit/actor.ts";
import type { Completable } from "./complete.ts";

export interface Arguments {
  /** Options by their long name in camel case; positional arguments by their own name. */
  options: Record<string, unknown>;
  [name: string]: unknown;
}

/** moleculer-repl's custom command. */
export interface ReplCommand {
  command: string;
  description: string;
  options: { option: string; description: string }[];
  completable: Completable;
  action(broker: ServiceBroker, args: Arguments): Promise<void>;
}

/** A command of ours: it asks, and tells the answer as text. */
export interface CommandDef {
  command: string;
  description: string;
  /** A whole line, shown with the help. */
  example: string;
  options?: { option: string; description: string }[];
  /** For tab completion: words that can follow. */
  words?: Completable["words"];
  run(ask: Ask, args: Arguments): Promise<Output>;
}

export interface Output {
  /** For `--json`: the answer as it came. */
  data: unknown;
  text: string;
}

export type Ask = (action: string, params?: object) => Promise<never>;

/** A mistake in the command line: told without more ado. */
export class UsageError extends Error {}

/** Whoever holds the terminal is the operator, and the audit says so. */
export const operator = (): Actor => ({
  userId: `operator:${userInfo().username}`,
  sessionId: "repl",
  roles: [{ role: "admin", buildingId: null }],
  memberships: [],
});

/** @throws UsageError that names the right ones */
export function verbOf<V>(verbs: Readonly<Record<string, V>>, command: string, { verb }: Arguments): V {
  const found = Object.hasOwn(verbs, String(verb)) ? verbs[String(verb)] : undefined;
  if (!found) throw new UsageError(`${command} has no verb ${String(verb)}; it has ${Object.keys(verbs).join(", ")}.`);
  return found;
}

export const stringOption = ({ options }: Arguments, name: string): string | undefined => {
  const value = options[name];
  if (value === undefined) return undefined;
  if (typeof value === "boolean" || value === "") throw new UsageError(`--${kebab(name)} needs a value.`);
  return String(value);
};

export const integerOption = (args: Arguments, name: string): number | undefined => {
  const value = stringOption(args, name);
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw new UsageError(`--${kebab(name)} must be a whole number, not ${value}.`);
  return Number(value);
};

export const jsonOption = (args: Arguments, name: string): object | undefined => {
  const value = stringOption(args, name);
  if (value === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch {
    // Told below.
  }
  throw new UsageError(`--${kebab(name)} must be a JSON object in single quotes, for example '{"title":"Lift"}'.`);
};

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const JSON_OPTION = {
  option: "--json",
  description: "Print the answer as JSON",
};

export const askOf =
  (broker: ServiceBroker): Ask =>
  (action, params = {}) =>
    broker.call(action, params, { meta: { actor: operator() } });

const toTerminal = (text: string): void => console.log(text);

export function replCommand(def: CommandDef, print: (text: string) => void = toTerminal): ReplCommand {
  const options = [...(def.options ?? []), JSON_OPTION];
  return {
    command: def.command,
    description: `${def.description} For example: ${def.example}`,
    options,
    completable: {
      name: firstWord(def.command),
      options: ["--help", ...options.map(({ option }) => firstWord(option))],
      ...(def.words && { words: def.words }),
    },
    async action(broker, args) {
      try {
        const { data, text } = await def.run(askOf(broker), args);
        print(args.options.json ? JSON.stringify(data, null, 2) : text);
      } catch (error) {
        print(explained(error, def));
      }
    },
  };
}

const firstWord = (text: string): string => text.split(" ", 1)[0] as string;

interface Known {
  code?: unknown;
  name?: string;
  message?: string;
  data?: { errors?: { path?: string; message?: string }[] };
}

/** One sentence, with the fields at fault; never a stack. */
export function explained(error: unknown, { example }: Pick<CommandDef, "example">): string {
  const { code, name, message = String(error), data } = (error ?? {}) as Known;
  if (error instanceof UsageError) return `Error: ${message}\nFor example: ${example}`;
  if (name === "ServiceNotFoundError" || name === "ServiceNotAvailableError") {
    return `Error: nobody in this cluster answers that (${message}). See \`nodes\` and \`services\`.`;
  }
  const fields = (data?.errors ?? []).map((field) => `\n  ${field.path || "/"} ${field.message}`).join("");
  const known = typeof code === "string" ? ` (${code})` : "";
  return `Error${known}: ${message}${fields}`;
}
