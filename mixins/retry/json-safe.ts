/** AMQP properties come from outside: made into plain JSON that MongoDB always accepts. Pure. */
const MAX_DEPTH = 20;
const MAX_ENTRIES = 200;
const MAX_STRING = 10_000;

export type SafeHeaders = Record<string, unknown>;

export function jsonSafe(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) return "(nested too deep)";
  switch (typeof value) {
    case "string":
      return value.slice(0, MAX_STRING);
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : safeObject(value, depth);
    default:
      return undefined;
  }
}

function safeObject(value: object, depth: number): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return value.toString("base64").slice(0, MAX_STRING);
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((item) => jsonSafe(item, depth + 1) ?? null);
  const entries = Object.entries(value)
    .slice(0, MAX_ENTRIES)
    .map(([key, item]) => [safeKey(key), jsonSafe(item, depth + 1)])
    .filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries);
}

/** MongoDB takes no NUL in a key. */
const safeKey = (key: string): string => (key === "__proto__" ? "(proto)" : key.replaceAll("\0", ""));
