/** What an edit has changed, as JSON pointers (RFC 6901). Pure. */
export interface Change {
  /** "" is the whole. */
  path: string;
  /** Absent: it was not there. */
  from?: unknown;
  /** Absent: it is gone. */
  to?: unknown;
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
