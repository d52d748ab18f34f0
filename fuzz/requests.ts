/** Requests for one operation: most of them as the document allows, the rest spoiled in one place or several. */
import fc, { type Arbitrary } from "fast-check";
import { ACTORS } from "../test/support/matrix.ts";
import type { Operation, Parameter } from "./operations.ts";
import { Known, type Pool, thingOfPathParameter } from "./pool.ts";
import { filled, fitting, naughty, naughtyText } from "./values.ts";

/** As drawn: ids are still places of the pool. */
export interface Draft {
  caller: string;
  path: Record<string, unknown>;
  query: Record<string, unknown>;
  body: unknown;
  /** Which of the documented content types, by its place. */
  contentType: number;
  headers: Record<string, string>;
  spoils: Spoil[];
}

type Spoil =
  | { kind: "field" | "drop" | "extra"; which: number; name: string; value: unknown }
  | { kind: "raw"; text: string; type: string }
  | { kind: "whole"; value: unknown }
  | { kind: "path"; which: number; text: string }
  | { kind: "query"; name: string; text: string }
  | { kind: "twice"; which: number }
  | { kind: "header"; name: string; text: string };

export interface WireRequest {
  method: string;
  /** With query, as sent. */
  url: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
  caller: string;
  /** What the body was before it became bytes; undefined: none, or no JSON. */
  json: { value: unknown } | undefined;
  spoiled: readonly Spoil["kind"][];
}

const [ANONYMOUS, ...KNOWN] = ACTORS;
/** `garbage`: with a token that is none. */
export const CALLERS = [ANONYMOUS, "garbage", ...KNOWN] as const;

export function drafts(operation: Operation): Arbitrary<Draft> {
  const inPlace = (place: Parameter["in"]) => operation.parameters.filter((one) => one.in === place);
  const known = KNOWN.map((arbitrary) => ({
    weight: arbitrary === "admin" ? 4 : 2,
    arbitrary: fc.constant(arbitrary),
  }));
  const caller = fc.oneof({ weight: 1, arbitrary: fc.constantFrom("anonymous", "garbage") }, ...known);
  const media = [...(operation.body?.content.values() ?? [])];
  const bodies = media.map(({ schema }) => fitting(schema));
  return fc.record({
    caller: caller as Arbitrary<string>,
    path: fc.record(Object.fromEntries(inPlace("path").map((one) => [one.name, pathValue(operation, one)]))),
    query: queryFields(inPlace("query")),
    body: bodies.length === 0 ? fc.constant(undefined) : fc.tuple(...bodies),
    contentType: fc.nat(Math.max(0, media.length - 1)),
    headers: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: headersOf(inPlace("header")) },
    ),
    spoils: fc.oneof(
      { weight: 5, arbitrary: fc.constant([]) },
      { weight: 4, arbitrary: fc.array(spoil, { minLength: 1, maxLength: 2 }) },
    ),
  }) as Arbitrary<Draft>;
}

function pathValue({ path }: Operation, { name, schema }: Parameter): Arbitrary<unknown> {
  if (schema.format !== "uuid") return fitting(schema, name);
  const known = fc.nat(999).map((n) => new Known(thingOfPathParameter(path, name), n));
  return fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: fitting(schema, name) });
}

/** Few at a time: filters that exclude each other find nothing. */
function queryFields(parameters: Parameter[]): Arbitrary<Record<string, unknown>> {
  const fields = parameters.map(({ name, schema, required }) => {
    const value = name === "cursor" ? fc.nat(99).map((n) => new Known("cursor", n)) : fitting(schema, name);
    const given = value.map((one): [string, unknown][] => [[name, one]]);
    return required ? given : fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: given });
  });
  return fc.tuple(...fields).map((pairs) => Object.fromEntries(pairs.flat()));
}

function headersOf(parameters: Parameter[]): Arbitrary<Record<string, string>> {
  const fields = parameters.map(({ name, schema }): [string, Arbitrary<unknown>] => [
    name,
    // A version that may be the present one; the schema only says that it is a text.
    /^If-/.test(name) ? fc.nat(3).map((version) => `"${version}"`) : fitting(schema, name),
  ]);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] }) as Arbitrary<Record<string, string>>;
}

const HEADERS = [
  "If-Match",
  "If-None-Match",
  "Idempotency-Key",
  "X-Request-Id",
  "Authorization",
  "traceparent",
  "Accept",
  "Accept-Encoding",
  "Content-Encoding",
  "X-Forwarded-For",
  "Origin",
  "Range",
];
const TYPES = [
  "text/plain",
  "application/xml",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-16",
  "application/json",
  "",
  "application/merge-patch+json",
];
const rawText = fc.oneof(
  fc.constantFrom(
    "{",
    "[]",
    "null",
    '"text"',
    "1",
    "",
    "{}{}",
    '{"a":1,"a":2}',
    '{"__proto__":{"isAdmin":true}}',
    "\ufeff{}",
    `${"[".repeat(5_000)}`,
    `{"a":${"9".repeat(400)}}`,
    `{"x":"${"x".repeat(110_000)}"}`,
  ),
  fc.string({ unit: "binary", maxLength: 200 }),
);
const which = fc.nat(30);
const spoil: Arbitrary<Spoil> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("field" as const), which, name: fc.constant(""), value: naughty }),
  },
  fc.record({ kind: fc.constant("drop" as const), which, name: fc.constant(""), value: fc.constant(null) }),
  fc.record({
    kind: fc.constant("extra" as const),
    which,
    name: fc.oneof(fc.constantFrom("isAdmin", "id", "role", "_id", "version", "$set", "a.b", "__proto__"), naughtyText),
    value: naughty,
  }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("raw" as const), text: rawText, type: fc.constantFrom(...TYPES) }),
  },
  fc.record({ kind: fc.constant("whole" as const), value: naughty }),
  fc.record({ kind: fc.constant("path" as const), which, text: naughtyText }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("query" as const),
      name: fc.oneof(fc.constantFrom("limit", "cursor", "q", "from", "to", "status", "a[$ne]", "isAdmin"), naughtyText),
      text: naughtyText,
    }),
  },
  fc.record({ kind: fc.constant("twice" as const), which }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("header" as const),
      name: fc.constantFrom(...HEADERS),
      text: naughtyText,
    }),
  },
);

/** What goes over the wire. `tokenOf`: of a caller; undefined for nobody. */
export function wire(
  operation: Operation,
  draft: Draft,
  pool: Pool,
  tokenOf: (caller: string) => string | undefined,
): WireRequest {
  const idOf = (known: Known) => pool.resolve(known, `01900000-0000-7000-8000-${String(known.n).padStart(12, "0")}`);
  const has = <K extends Spoil["kind"]>(kind: K) =>
    draft.spoils.filter((one) => one.kind === kind) as Extract<Spoil, { kind: K }>[];
  const token = tokenOf(draft.caller);
  const headers: Record<string, string> = { ...draft.headers, ...(token && { authorization: `Bearer ${token}` }) };
  const json = bodyOf(operation, filled(draft.body, idOf), draft);
  const [raw] = has("raw");
  const takesRaw = raw && (operation.body || raw.text.length % 2 === 0);
  let body = json && encoded(json.value, json.type);
  if (body && json) headers["content-type"] = json.type;
  if (takesRaw) {
    body = Buffer.from(raw.text);
    headers["content-type"] = raw.type;
  }
  for (const { name, text } of has("header")) headers[name.toLowerCase()] = headerSafe(text);
  const path = filled(draft.path, idOf) as Record<string, unknown>;
  for (const { which: n, text } of has("path")) {
    const names = Object.keys(path);
    const name = names[n % names.length];
    // Without it, the path is another operation's.
    if (name && text !== "") path[name] = text;
  }
  const isJson = json !== undefined && !raw && json.type === "application/json";
  return {
    method: operation.method,
    url: urlOf(operation, path, queryOf(filled(draft.query, idOf) as Record<string, unknown>, draft, has("query"))),
    headers,
    body,
    caller: draft.caller,
    json: isJson ? { value: json.value } : undefined,
    spoiled: draft.spoils.map(({ kind }) => kind),
  };
}

function bodyOf(
  { body }: Operation,
  drawn: unknown,
  { contentType, spoils }: Draft,
): { value: unknown; type: string } | undefined {
  if (!body) return undefined;
  const type = [...body.content.keys()][contentType] ?? "application/json";
  let value = (drawn as unknown[])[contentType];
  for (const one of spoils) value = spoiledBody(value, one);
  return { value, type };
}

function spoiledBody(value: unknown, one: Spoil): unknown {
  if (one.kind === "whole") return one.value;
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  const name = "which" in one ? entries[one.which % entries.length]?.[0] : undefined;
  if (one.kind === "field" && name) return { ...value, [name]: one.value };
  if (one.kind === "drop") return Object.fromEntries(entries.filter(([key]) => key !== name));
  return one.kind === "extra" ? withKey(value, one.name, one.value) : value;
}

/** Also `__proto__`, as a key of its own. */
const withKey = (value: object, key: string, one: unknown): object =>
  Object.fromEntries([...Object.entries(value), [key, one]]);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function encoded(value: unknown, type: string): Buffer {
  if (type === "application/json" || typeof value !== "string") return Buffer.from(JSON.stringify(value) ?? "");
  return Buffer.from(value, type === "application/octet-stream" ? "latin1" : "utf8");
}

/** What a client of HTTP can send at all. */
const headerSafe = (text: string): string => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, "?").slice(0, 3_000);

function queryOf(drawn: Record<string, unknown>, { spoils }: Draft, extra: { name: string; text: string }[]): string {
  const pairs = Object.entries(drawn).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(",") : String(value),
  ]);
  for (const { name, text } of extra) pairs.push([name, text]);
  for (const one of spoils) {
    const pair = one.kind === "twice" ? pairs[one.which % Math.max(1, pairs.length)] : undefined;
    if (pair) pairs.push(pair);
  }
  return pairs
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .join("&")
    .slice(0, 6_000);
}

function urlOf({ path }: Operation, values: Record<string, unknown>, query: string): string {
  const filledIn = path.replace(/\{(\w+)\}/g, (_, name: string) => escaped(String(values[name])).slice(0, 4_000));
  return query === "" ? filledIn : `${filledIn}?${query}`;
}

/** Lone surrogates can't be escaped: they go as the replacement character. */
const escaped = (text: string): string => encodeURIComponent(text.toWellFormed());
