/** What an edit has changed, as JSON pointers (RFC 6901). Pure. */
import type { EventDef } from "../kit/contracts.ts";
import { isPersonalPath } from "../privacy/personal.ts";

export interface Change {
  /** "" is the whole. */
  path: string;
  /** Absent: it was not there. */
  from?: unknown;
  /** Absent: it is gone. */
  to?: unknown;
  /** A person's own data: the values are not told. */
  personal?: true;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");

export function jsonDiff(from: unknown, to: unknown, path = ""): Change[] {
  if (Object.is(from, to)) return [];
  if (!isObject(from) || !isObject(to) || Array.isArray(from) !== Array.isArray(to)) return [{ path, from, to }];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) => {
    const at = `${path}/${escaped(key)}`;
    if (!Object.hasOwn(to, key)) return [{ path: at, from: from[key] }];
    if (!Object.hasOwn(from, key)) return [{ path: at, to: to[key] }];
    return jsonDiff(from[key], to[key], at);
  });
}

/** The audit is for ever: it tells that a person's data was edited, and not what it was. */
export const withoutPersonal = (changes: readonly Change[], def: EventDef | undefined): Change[] =>
  def?.personal
    ? changes.map((change) => (isPersonalPath(change.path, def) ? { path: change.path, personal: true } : change))
    : [...changes];
