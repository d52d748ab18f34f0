/**
 * Ids that the product has told us, by the thing that they name, so that a generated request reaches further than 404.
 * Requests hold places in this pool, not ids: the same seed draws the same requests from another run's ids.
 */
import type { Operation } from "./operations.ts";

/** Stands in a drawn request for the `n`th known id of a thing. */
export class Known {
  readonly thing: string;
  readonly n: number;
  constructor(thing: string, n: number) {
    this.thing = thing;
    this.n = n;
  }
}

/** Who is meant by these is a user. */
const PEOPLE = new Set([
  "manager",
  "assignee",
  "reporter",
  "actor",
  "author",
  "sender",
  "recipient",
  "payer",
  "customer",
]);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const KEPT = 40;

const singular = (word: string): string => word.replace(/ies$/, "y").replace(/s$/, "");

/** `unitId` -> `unit`, `recipientIds` -> `user`. */
export function thingOfField(field: string): string {
  const stem = field.replace(/Ids?$/, "");
  return PEOPLE.has(stem) ? "user" : stem;
}

/** `{id}` in `/tickets/{id}/assign` -> `ticket`. */
export function thingOfPathParameter(path: string, name: string): string {
  if (name !== "id") return thingOfField(name);
  const segments = path.split("/");
  return singular(segments[segments.findIndex((segment) => segment.includes("{id}")) - 1] ?? "");
}

/** What the `id` of an answer names: a new or listed thing of the last word, else the thing of the path. */
function thingOfAnswer({ method, path }: Operation, status: number): string {
  const words = path.split("/");
  const last = words.at(-1) ?? "";
  const isCommand = method !== "GET" && status !== 201 && path.includes("{id}");
  if (isCommand || last.startsWith("{id}")) return thingOfPathParameter(path, "id");
  return last === "me" ? "user" : singular(last);
}

export class Pool {
  readonly #ids = new Map<string, string[]>();

  /** @returns an id; `fallback` when nothing is known yet */
  resolve({ thing, n }: Known, fallback: string): string {
    const ids = this.#ids.get(thing) ?? (thing === "cursor" ? [] : this.#ids.get("user")) ?? [];
    return ids.length === 0 ? fallback : (ids[n % ids.length] as string);
  }

  learn(operation: Operation, status: number, body: unknown): void {
    this.#walk(body, thingOfAnswer(operation, status));
  }

  add(thing: string, id: string): void {
    const ids = this.#ids.get(thing) ?? [];
    if (ids.includes(id)) return;
    ids.push(id);
    // The first ones stay: what the house was furnished with is connected best.
    if (ids.length > KEPT) ids.splice(KEPT / 2, 1);
    this.#ids.set(thing, ids);
  }

  #walk(node: unknown, thing: string): void {
    if (Array.isArray(node)) for (const one of node) this.#walk(one, thing);
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (typeof value !== "string") this.#walk(value, singular(key) === "item" ? thing : singular(key));
      else if (key === "nextCursor") this.add("cursor", value);
      else if (UUID.test(value)) this.add(key === "id" ? thing : thingOfField(key), value);
    }
  }
}
