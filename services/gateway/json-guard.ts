/** Refuses keys that have a meaning elsewhere (MongoDB operators and paths, prototypes) and depth without bounds. Pure. */
import { type FieldError, InvalidInputError } from "../../mixins/kit/errors.ts";

export const MAX_DEPTH = 20;
const MAX_TOLD = 20;
const RESERVED = new Set(["__proto__", "constructor", "prototype"]);

/** What is wrong with a key, or undefined. */
export function keyFault(key: string): string | undefined {
  if (RESERVED.has(key)) return "is a reserved name";
  if (key.startsWith("$")) return "must not start with $";
  if (key.includes(".")) return "must not contain a dot";
  if (key.includes("\0")) return "must not contain a NUL character";
  return undefined;
}

/** @throws InvalidInputError naming each place */
export function guardJson(root: unknown): void {
  const errors: FieldError[] = [];
  // A stack of our own: depth comes from outside, the call stack is ours.
  const open: { value: unknown; path: string; depth: number }[] = [{ value: root, path: "", depth: 1 }];
  for (let next = open.pop(); next && errors.length < MAX_TOLD; next = open.pop()) {
    const { value, path, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth > MAX_DEPTH) {
      errors.push({ path, message: `is nested deeper than ${MAX_DEPTH} levels` });
      break;
    }
    for (const [key, child] of Object.entries(value)) {
      const fault = Array.isArray(value) ? undefined : keyFault(key);
      if (fault) errors.push({ path: `${path}/${pointer(key)}`, message: fault });
      else open.push({ value: child, path: `${path}/${pointer(key)}`, depth: depth + 1 });
    }
  }
  const [first] = errors;
  if (first)
    throw new InvalidInputError(`The body is not acceptable: ${first.path || "/"} ${first.message}.`, { errors });
}

/** A key as a step of a JSON pointer (RFC 6901), cut to a readable length. */
const pointer = (key: string): string => key.slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1");
