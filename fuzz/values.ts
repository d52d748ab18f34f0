/** JSON Schema -> values that fit it, and values that nobody should have to expect. */
import fc, { type Arbitrary } from "fast-check";
import type { Schema } from "./operations.ts";
import { Known, thingOfField } from "./pool.ts";

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const strangeId = fc
  .tuple(hex(8), hex(4), hex(3), hex(3), hex(12))
  .map(([a, b, c, d, e]) => `${a}-${b}-7${c}-8${d}-${e}`);
const HOUR_MS = 3600_000;
/** Whole hours of the next and the last weeks: what a booking or a date of a ticket would be. */
const START = Date.UTC(2030, 0, 7);
const time = fc.integer({ min: -300, max: 900 }).map((hours) => new Date(START + hours * HOUR_MS).toISOString());

/** Beginnings of files, one letter a byte. */
const FILES = [
  "\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
  "\xff\xd8\xff\xe0\0\x10JFIF\0",
  "%PDF-1.7\n",
  "GIF89a",
  "PK\x03\x04",
  "<svg xmlns='x'>",
];
const file = fc
  .tuple(fc.constantFrom("", ...FILES), fc.uint8Array({ maxLength: 300 }))
  .map(([head, rest]) => head + Buffer.from(rest).toString("latin1"));

const FORMATS: Record<string, Arbitrary<string>> = {
  "date-time": time,
  date: time.map((text) => text.slice(0, 10)),
  time: time.map((text) => text.slice(11, 16)),
  binary: file,
  email: fc.nat(30).map((n) => `fuzz-${n}@example.com`),
  uri: fc.constantFrom("https://push.example.com/v1/a", "https://example.com/x?y=z"),
  url: fc.constantFrom("https://push.example.com/v1/a", "https://example.com/x?y=z"),
};

/** Values that fit. `name`: of the field, tells which ids to try. */
export function fitting(schema: Schema, name = ""): Arbitrary<unknown> {
  const { type, enum: words, const: literal, anyOf, oneOf } = schema;
  if (literal !== undefined) return fc.constant(literal);
  if (words) return fc.constantFrom(...words);
  const choices = anyOf ?? oneOf;
  if (choices) return fc.oneof(...choices.map((one) => fitting(one, name)));
  if (Array.isArray(type)) return fc.oneof(...type.map((one) => fitting({ ...schema, type: one }, name)));
  if (type === "string") return text(schema, name);
  if (type === "integer" || type === "number") return number(schema);
  if (type === "boolean") return fc.boolean();
  if (type === "null") return fc.constant(null);
  if (type === "array") return array(schema, name);
  if (type === "object" || schema.properties) return object(schema);
  return fc.jsonValue({ maxDepth: 2 });
}

function text({ format, pattern, minLength = 0, maxLength = 200 }: Schema, name: string): Arbitrary<unknown> {
  if (format === "uuid") {
    const known = fc.nat(999).map((n) => new Known(thingOfField(name), n));
    return fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: strangeId });
  }
  const form = format && FORMATS[format];
  if (form) return form;
  if (/timeZone/.test(name)) return fc.constantFrom("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC");
  if (/password/i.test(name)) return fc.constantFrom("a long enough passphrase", "another quite long phrase");
  const fits = (value: string): boolean => [...value].length >= minLength && value.length <= maxLength;
  if (pattern) {
    const matches = new RegExp(pattern, "u");
    return fc
      .oneof(plain(minLength, maxLength), ...drawnFrom(matches))
      .filter((value) => fits(value) && matches.test(value));
  }
  const any = fc.string({ unit: "grapheme", minLength, maxLength: Math.min(maxLength, minLength + 60) });
  return fc.oneof(plain(minLength, maxLength), any.filter(fits));
}

/** fast-check draws no assertions that look ahead; plain words fit such patterns here. */
function drawnFrom(pattern: RegExp): Arbitrary<string>[] {
  try {
    return [fc.stringMatching(pattern, { size: "medium" })];
  } catch {
    return [];
  }
}

const plain = (minLength: number, maxLength: number): Arbitrary<string> =>
  fc
    .string({
      unit: fc.constantFrom(..."abcdefgh ijklmnopqrstuvwxyz0123456789"),
      minLength,
      maxLength: Math.min(maxLength, minLength + 20),
    })
    .map((value) => (value.trim().length >= minLength ? value.trim() : value.replaceAll(" ", "x")));

function number({ type, minimum, exclusiveMinimum, maximum, multipleOf = 1 }: Schema): Arbitrary<number> {
  const min = minimum ?? (exclusiveMinimum === undefined ? -1_000 : exclusiveMinimum + 1);
  const max = maximum ?? Math.max(min, 0) + 1_000_000;
  const edges = fc.constantFrom(min, max);
  const inside =
    type === "integer"
      ? fc.integer({ min: Math.ceil(min), max: Math.floor(max) })
      : fc.double({ min, max, noNaN: true });
  const any = fc.oneof({ weight: 4, arbitrary: inside }, { weight: 1, arbitrary: edges });
  return multipleOf === 1
    ? any
    : any.map((value) => Math.ceil(value / multipleOf) * multipleOf).filter((value) => value <= max);
}

function array({ items = {}, minItems = 0, maxItems = 8, uniqueItems }: Schema, name: string): Arbitrary<unknown> {
  const options = { minLength: minItems, maxLength: Math.min(maxItems, minItems + 4) };
  const each = fitting(items, name);
  return uniqueItems ? fc.uniqueArray(each, { ...options, comparator: "SameValue" }) : fc.array(each, options);
}

function object({ properties = {}, required = [] }: Schema): Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, fitting(schema, name)]));
  return fc.record(fields, { requiredKeys: required.filter((name) => name in fields), noNullPrototype: true });
}

const NAUGHTY = [
  "",
  " ",
  "\u0000",
  "\ud800",
  "\u202e",
  "e\u0301",
  "\u200b",
  "null",
  "undefined",
  "NaN",
  "true",
  "-1",
  "1e999",
  "0x10",
  "' OR '1'='1",
  "$gt",
  "$where",
  "__proto__",
  "constructor",
  "a.b",
  "../../etc/passwd",
  "%00",
  "%ff",
  "<script>",
  "{{7*7}}",
  "2030-02-31T00:00:00Z",
  "2030-01-01T00:00:00+25:00",
  "+275761-01-01T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "00000000-0000-0000-0000-000000000000",
  "a@b",
  "a@b@c",
  "\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67",
  "\r\nx: y",
  "[object Object]",
  ".*",
  "(a+)+$",
  "\\",
];
export const naughtyText: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NAUGHTY),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .constantFrom("x", "\ud83e\uddea", "\u0301")
    .chain((unit) => fc.integer({ min: 100, max: 6_000 }).map((n) => unit.repeat(n))),
);

const deep = fc.integer({ min: 15, max: 60 }).map((depth) => {
  let value: unknown = 1;
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { a: value };
  return value;
});
const operator = fc.constantFrom({ $gt: "" }, { $ne: null }, { $where: "sleep(1)" }, { "a.b": 1 }, [{ $in: [] }], {
  toString: 1,
});

/** Of any type and size. */
export const naughty: Arbitrary<unknown> = fc.oneof(
  naughtyText,
  fc.constantFrom(null, true, 0, -1, 1.5, 1e308, -0, 2 ** 53, 2 ** 63, 1e-320, [], {}),
  fc.jsonValue({ maxDepth: 3 }),
  operator,
  deep,
  fc.integer({ min: 101, max: 3_000 }).map((length) => Array(length).fill("x")),
);

/** Draws that hold places of the pool, with ids in them. */
export function filled(value: unknown, idOf: (known: Known) => string): unknown {
  if (value instanceof Known) return idOf(value);
  // Two places of the pool may be the same id.
  if (Array.isArray(value) && value.some((one) => one instanceof Known))
    return [...new Set(value.map((one) => filled(one, idOf)))];
  if (Array.isArray(value)) return value.map((one) => filled(one, idOf));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, idOf)]));
}
