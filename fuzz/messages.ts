/** Messages for the decoder and the consumers: real ones, real ones that were damaged, and plain noise. */
import fc, { type Arbitrary } from "fast-check";
import { HEADER } from "../mixins/amqp/names.ts";
import { newId } from "../mixins/kit/ids.ts";
import type { KnownEvent, Registry } from "../mixins/kit/registry.ts";
import type { Schema } from "./operations.ts";
import { filled, fitting, naughty, naughtyText } from "./values.ts";

export interface FuzzMessage {
  content: Buffer;
  headers: Record<string, unknown>;
  properties: Record<string, unknown>;
  /** Nothing was damaged: it has to be read. */
  whole: boolean;
}

/** Of the registry's events in all their versions. */
export function messages(registry: Registry): Arbitrary<FuzzMessage> {
  const envelope = fc.oneof(...registry.events().flatMap(envelopesOf));
  const content = fc.oneof(
    { weight: 3, arbitrary: envelope.map((one) => ({ content: bytesOf(one), whole: true })) },
    { weight: 4, arbitrary: fc.tuple(envelope, fc.array(change, { minLength: 1, maxLength: 3 })).map(changed) },
    { weight: 3, arbitrary: fc.tuple(envelope, fc.array(damage, { minLength: 1, maxLength: 4 })).map(damaged) },
    { weight: 1, arbitrary: noise.map((bytes) => ({ content: bytes, whole: false })) },
  );
  return fc
    .tuple(content, headers, properties)
    .map(([body, inHeaders, inProperties]) => ({ ...body, headers: inHeaders, properties: inProperties }));
}

type Envelope = Record<string, unknown>;

function envelopesOf({ type, def }: KnownEvent): Arbitrary<Envelope>[] {
  return Object.entries(def.versions).map(([version, { schema }]) =>
    fitting(schema as Schema).map((payload) => ({
      eventId: newId(),
      version,
      eventType: type,
      timestamp: new Date().toISOString(),
      payload: filled(payload, () => newId()),
    })),
  );
}

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value) ?? "");

/** A change of the structure: a field is replaced, taken away or added, in the envelope or in the payload. */
const change = fc.record({
  inside: fc.boolean(),
  do: fc.constantFrom("replace", "drop", "add"),
  which: fc.nat(20),
  name: fc.oneof(fc.constantFrom("__proto__", "constructor", "$set", "a.b", "extra", "version"), naughtyText),
  value: naughty,
});
type Change = typeof change extends Arbitrary<infer C> ? C : never;

function changed([envelope, changes]: [Envelope, Change[]]): { content: Buffer; whole: boolean } {
  let whole = envelope;
  for (const one of changes) {
    const { payload } = whole;
    const isInside = one.inside && typeof payload === "object" && payload !== null && !Array.isArray(payload);
    whole = isInside ? { ...whole, payload: applied(payload as Envelope, one) } : applied(whole, one);
  }
  return { content: bytesOf(whole), whole: false };
}

function applied(target: Envelope, { do: what, which, name, value }: Change): Envelope {
  const entries = Object.entries(target);
  const key = what === "add" ? name : entries[which % Math.max(1, entries.length)]?.[0];
  const rest = entries.filter(([one]) => one !== key);
  return Object.fromEntries(what === "drop" || key === undefined ? rest : [...rest, [key, value]]);
}

/** A damage of the bytes, as a bad cable or a bad program would do it. */
const damage = fc.record({
  do: fc.constantFrom("flip", "cut", "insert", "repeat", "truncate"),
  at: fc.nat(1_000_000),
  length: fc.integer({ min: 1, max: 40 }),
  byte: fc.nat(255),
});
type Damage = typeof damage extends Arbitrary<infer D> ? D : never;

function damaged([envelope, damages]: [Envelope, Damage[]]): { content: Buffer; whole: boolean } {
  return { content: damages.reduce(damagedBytes, bytesOf(envelope)), whole: false };
}

function damagedBytes(bytes: Buffer, { do: what, at, length, byte }: Damage): Buffer {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)];
  if (what === "truncate") return head;
  if (what === "cut") return Buffer.concat([head, tail.subarray(length)]);
  if (what === "insert") return Buffer.concat([head, Buffer.alloc(length, byte), tail]);
  if (what === "repeat") return Buffer.concat([head, tail.subarray(0, length), tail]);
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[place] = byte;
  return copy;
}

const noise: Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  naughty.map(bytesOf),
  fc
    .constantFrom("[", '{"a":')
    .chain((unit) => fc.integer({ min: 100, max: 20_000 }).map((n) => Buffer.from(unit.repeat(n)))),
  fc.constantFrom(Buffer.alloc(0), Buffer.from("\ufeff{}"), Buffer.alloc(300_000, "x"), Buffer.from([0xc3, 0x28])),
);

/** Header values that AMQP can carry. */
const headerValue = fc.oneof(
  naughtyText.map((text) => text.slice(0, 200)),
  fc.constantFrom(null, true, 0, 1, 6, -1, 1.5, 2 ** 40, new Date(0)),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.record({
    reason: fc.constantFrom("delivery_limit", "expired"),
    queue: naughtyText.map((text) => text.slice(0, 50)),
  }),
);
/** Not the dead letter's name: with it a message is a failure of another one. */
const ourHeaders = Object.values(HEADER).filter((name) => name !== HEADER.deadLetter && name !== HEADER.deliveryCount);
const headerName = fc.oneof(fc.constantFrom(...ourHeaders, "x-death"), fc.stringMatching(/^[a-z-]{1,20}$/));
const headers = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.dictionary(headerName, headerValue, { maxKeys: 4, noNullPrototype: true }) },
);
const shortText = naughtyText.map((text) => Buffer.from(text).subarray(0, 60).toString());
const properties = fc.record(
  {
    messageId: shortText,
    type: shortText,
    correlationId: shortText,
    appId: shortText,
    contentType: shortText,
    timestamp: fc.nat(),
  },
  { requiredKeys: [], noNullPrototype: true },
);
