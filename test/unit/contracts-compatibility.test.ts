import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import Type, { type TObject } from "typebox";
import { breaksOf, type ReleasedEvent, releaseOf, unreleasedOf } from "../../mixins/kit/compatibility.ts";
import { defineContract, type EventDef, event, olderVersion, versionedEvent } from "../../mixins/kit/contracts.ts";
import { contracts } from "../../services/contracts.ts";

const release = (def: EventDef, service = "tickets"): ReleasedEvent[] =>
  releaseOf([defineContract({ service, summary: "", events: { "ticket.created": def }, consumes: [], actions: {} })]);
const schema = {
  ticketId: Type.String({ format: "uuid" }),
  priority: Type.Union([Type.Literal("low"), Type.Literal("high")]),
  note: Type.Optional(Type.String({ maxLength: 10 })),
  subject: Type.Object({ type: Type.String(), id: Type.String() }),
  tags: Type.Array(Type.String()),
  dueAt: Type.Union([Type.String(), Type.Null()]),
};
const old = release(event(Type.Object(schema)));
const breaks = (now: TObject) => breaksOf(old, release(event(now))).map(({ path, reason }) => `${path} ${reason}`);
const { note: _note, ...withoutNote } = schema;

describe("a breaking change within a version is named", () => {
  it.each<[string, TObject, string]>([
    [
      "a required field is added",
      Type.Object({ ...schema, dueOn: Type.String() }),
      "/dueOn a required field was added",
    ],
    [
      "a field becomes required",
      Type.Object({ ...schema, note: Type.String({ maxLength: 10 }) }),
      "/note the field became required",
    ],
    [
      "a field is no longer required",
      Type.Object({ ...schema, ticketId: Type.Optional(Type.String({ format: "uuid" })) }),
      "/ticketId the field is no longer required",
    ],
    ["a field is removed", Type.Object(withoutNote), "/note the field was removed"],
    [
      "a type changes",
      Type.Object({ ...schema, ticketId: Type.Integer() }),
      '/ticketId type changed from "string" to "integer"',
    ],
    [
      "a limit is tightened",
      Type.Object({ ...schema, note: Type.Optional(Type.String({ maxLength: 5 })) }),
      "/note maxLength changed from 10 to 5",
    ],
    [
      "a format is added",
      Type.Object({ ...schema, tags: Type.Array(Type.String({ format: "email" })) }),
      '/tags/* format changed from none to "email"',
    ],
    [
      "a choice is removed",
      Type.Object({ ...schema, priority: Type.Union([Type.Literal("low")]) }),
      '/priority narrowed: "high" is no longer allowed',
    ],
    [
      "a choice is added",
      Type.Object({ ...schema, priority: Type.Union([...schema.priority.anyOf, Type.Literal("top")]) }),
      '/priority widened: nodes of the release before refuse "top"',
    ],
    [
      "null is no longer allowed",
      Type.Object({ ...schema, dueAt: Type.String() }),
      "/dueAt its list of choices was removed",
    ],
    [
      "a nested field is removed",
      Type.Object({ ...schema, subject: Type.Object({ type: Type.String() }) }),
      "/subject/id the field was removed",
    ],
    [
      "it closes",
      Type.Object(schema, { additionalProperties: false }),
      " additionalProperties changed from none to false",
    ],
  ])("%s", (_, now, expected) => {
    expect(breaks(now)).toContain(expected);
  });

  it("the event, or a version of it, is removed, or has another owner", () => {
    expect(breaksOf(old, [])).toEqual([
      { eventType: "ticket.created", version: "", path: "", reason: "the event was removed" },
    ]);
    const two = release(versionedEvent([olderVersion(Type.Object(schema), (payload) => payload)], Type.Object(schema)));
    expect(breaksOf(two, old)).toEqual([
      { eventType: "ticket.created", version: "v2", path: "", reason: "the version was removed" },
    ]);
    expect(breaksOf(old, release(event(Type.Object(schema)), "other"))[0]?.reason).toBe(
      "its owner changed from tickets to other",
    );
  });
});

describe("harmless", () => {
  it.each<[string, TObject]>([
    ["nothing changes", Type.Object(schema)],
    [
      "an optional field is added",
      Type.Object({
        ...schema,
        extra: Type.Optional(Type.String()),
        subject: Type.Object({ ...schema.subject.properties, name: Type.Optional(Type.String()) }),
      }),
    ],
    [
      "only words change",
      Type.Object(
        { ...schema, note: Type.Optional(Type.String({ maxLength: 10, description: "What was said." })) },
        { description: "new" },
      ),
    ],
    [
      "choices change their order",
      Type.Object({ ...schema, priority: Type.Union([Type.Literal("high"), Type.Literal("low")]) }),
    ],
  ])("%s", (_, now) => {
    expect(breaks(now)).toEqual([]);
  });

  it("a breaking change comes as a new version", () => {
    const now = release(
      versionedEvent([olderVersion(Type.Object(schema), (payload) => payload)], Type.Object({ dueOn: Type.String() })),
    );
    expect(breaksOf(old, now)).toEqual([]);
    expect(unreleasedOf(old, now)).toEqual(["ticket.created v2"]);
  });
});

describe("the product's contracts", () => {
  const folder = new URL("../../docs/contracts/", import.meta.url);
  const released = readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as ReleasedEvent,
  );

  it("break nothing that was released: else make a new version with an upcaster", () => {
    expect(breaksOf(released, releaseOf(contracts))).toEqual([]);
  });

  it("are on record, every version of every event: else run npm run contracts:release", () => {
    expect(unreleasedOf(released, releaseOf(contracts))).toEqual([]);
  });
});
