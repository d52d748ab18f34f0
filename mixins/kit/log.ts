/**
 * Lines of the log: JSON in production, readable in development. Each carries the ids of what was being done when it
 * was written (request, event, job), and no secret: values under a name of REDACTED, tokens, and passwords of URLs are
 * replaced.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** What is being done. `requestId` is also the correlation id of every event that comes of it. */
export interface LogContext {
  requestId?: string | undefined;
  eventId?: string;
  jobId?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Lines that `work` writes, and whatever it calls and awaits, carry `context`. */
export const withLogContext = <R>(context: LogContext, work: () => R): R => storage.run(context, work);

/** Names (lower case, without - and _) whose values are never logged, wherever they stand in an object. */
export const REDACTED: ReadonlySet<string> = new Set([
  ...["password", "currentpassword", "newpassword", "passwordhash", "secret", "apikey", "privatekey"],
  ...["token", "accesstoken", "refreshtoken", "authorization", "cookie", "setcookie", "code", "codehash"],
]);

const PLACEHOLDER = "[redacted]";
/** A JSON Web Token or another of our signed texts; a bearer token; the password of a URL. */
const SECRETS: readonly [RegExp, string][] = [
  [/\bey[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, PLACEHOLDER],
  [/\bBearer\s+[\w.~+/=-]{8,}/gi, `Bearer ${PLACEHOLDER}`],
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, `$1:${PLACEHOLDER}@`],
];
const MAX_DEPTH = 4;

export const redactText = (text: string): string =>
  SECRETS.reduce((redacted, [pattern, by]) => redacted.replace(pattern, by), text);

/** A copy to be shown: secrets replaced, deeper levels left out, errors as class and message. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactText(value);
  if (value instanceof Error) return redactText(value.stack ?? `${value.name}: ${value.message}`);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (depth === MAX_DEPTH) return "…";
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redactField(name, item, depth)]));
}

function redactField(name: string, value: unknown, depth: number): unknown {
  // A code that is a number or a constant is an error's, and has to be seen.
  if (name === "code" && (typeof value === "number" || /^[A-Z][A-Z_]+$/.test(String(value)))) return value;
  return REDACTED.has(name.toLowerCase().replace(/[-_]/g, "")) ? PLACEHOLDER : redact(value, depth + 1);
}

const textOf = (args: readonly unknown[]): string =>
  args
    .map((arg) => {
      const shown = redact(arg);
      return typeof shown === "string" ? shown : JSON.stringify(shown);
    })
    .join(" ");

interface Bindings {
  nodeID: string;
  ns: string;
  mod: string;
  [name: string]: unknown;
}

/** Formatter of Moleculer's console logger: one JSON object a line. */
export const jsonLine = (level: string, args: readonly unknown[], bindings: Bindings): string[] => [
  JSON.stringify({
    time: new Date().toISOString(),
    level,
    message: textOf(args),
    ...bindings,
    ...storage.getStore(),
  }),
];

/** The same for people: `[08:42:12.973Z] INFO  RELAY: text (request …, event …)`. */
export const readableLine = (level: string, args: readonly unknown[], { mod }: Bindings): string[] => {
  const { requestId, eventId, jobId } = storage.getStore() ?? {};
  const ids = [
    ...(requestId ? [`request ${requestId}`] : []),
    ...(eventId ? [`event ${eventId}`] : []),
    ...(jobId ? [`job ${jobId}`] : []),
  ];
  const about = ids.length > 0 ? ` (${ids.join(", ")})` : "";
  const time = new Date().toISOString().slice(11);
  return [`[${time}] ${level.toUpperCase().padEnd(5)} ${mod.toUpperCase()}: ${textOf(args)}${about}`];
};
