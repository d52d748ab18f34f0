import { describe, expect, it } from "@jest/globals";
import Type from "typebox";
import { defineContract, event } from "../../mixins/kit/contracts.ts";
import { createRegistry } from "../../mixins/kit/registry.ts";
import { decideEdit } from "../../mixins/retry/edit.ts";
import { EditRefusedError } from "../../mixins/retry/errors.ts";
import { jsonDiff } from "../../mixins/retry/json-diff.ts";

const made = event(
  Type.Object({
    size: Type.Integer(),
    buildingId: Type.String(),
    note: Type.Optional(Type.String()),
  }),
);
const registry = createRegistry([
  defineContract({
    service: "things",
    summary: "",
    events: { "thing.made": made },
    consumes: [],
    actions: {},
  }),
]);
const eventId = "0198c0de-0000-7000-8000-000000000001";
const envelope = {
  eventId,
  version: "v1",
  eventType: "thing.made",
  timestamp: "2026-03-01T12:00:00.000Z",
  payload: { size: "big", buildingId: "b1" },
};
const bytes = (body: unknown) => Buffer.from(JSON.stringify(body));
const edit = (body: unknown, change: { payload: object } | { body: object }) =>
  decideEdit(Buffer.isBuffer(body) ? body : bytes(body), change, registry);

describe("editing a payload", () => {
  it("keeps the envelope and tells the difference as JSON pointers", () => {
    const edited = edit(envelope, {
      payload: { size: 3, buildingId: "b1", note: "mended" },
    });
    expect(JSON.parse(edited.body)).toEqual({
      ...envelope,
      payload: { size: 3, buildingId: "b1", note: "mended" },
    });
    expect(edited.diff).toEqual([
      { path: "/payload/size", from: "big", to: 3 },
      { path: "/payload/note", to: "mended" },
    ]);
  });

  it.each([
    ["breaks the contract", { size: "small", buildingId: "b1" }, /size/],
    ["moves it to another building", { size: 1, buildingId: "b2" }, /building can't be edited: it is b1/],
    ["is too large", { size: 1, buildingId: "b1", note: "x".repeat(300_000) }, /at most 262144/],
  ])("is refused when it %s", (_, payload, message) => {
    expect(() => edit(envelope, { payload })).toThrow(EditRefusedError);
    expect(() => edit(envelope, { payload })).toThrow(message);
  });

  it("is refused where there is no envelope, or no contract", () => {
    expect(() => edit(Buffer.from("nonsense"), { payload: { size: 1 } })).toThrow(/send the whole event as `body`/);
    expect(() => edit({ ...envelope, eventType: "thing.lost" }, { payload: { size: 1 } })).toThrow(
      /No contract declares thing.lost/,
    );
  });
});

describe("editing a whole body", () => {
  const valid = { ...envelope, payload: { size: 1, buildingId: "b1" } };

  it("mends what was no envelope", () => {
    expect(edit(Buffer.from([0xff, 0x00]), { body: valid })).toMatchObject({
      eventId,
      eventType: "thing.made",
      buildingId: "b1",
      diff: [{ path: "", from: "(2 bytes that are no envelope)", to: valid }],
    });
  });

  it("mends a version, and nothing that must stay", () => {
    expect(edit({ ...valid, version: "v9" }, { body: valid }).diff).toEqual([
      { path: "/version", from: "v9", to: "v1" },
    ]);
    expect(() =>
      edit(envelope, {
        body: { ...valid, eventId: "0198c0de-0000-7000-8000-000000000002" },
      }),
    ).toThrow(/eventId can't be edited/);
    expect(() => edit(envelope, { body: { ...valid, eventType: "thing.lost" } })).toThrow(/eventType can't be edited/);
    expect(() =>
      edit(envelope, {
        body: { ...valid, payload: { size: 1, buildingId: "b2" } },
      }),
    ).toThrow(/building can't be edited/);
  });

  it("must make the whole valid", () => {
    expect(() => edit(Buffer.from("x"), { body: { eventId } })).toThrow(/no valid event: eventType is missing/);
  });
});

describe("the difference of two JSON values", () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: { "b/c~d": 1 } }, { a: { "b/c~d": 2 } }, [{ path: "/a/b~1c~0d", from: 1, to: 2 }]],
    [[1, 2], [1], [{ path: "/1", from: 2 }]],
    [{ a: [1] }, { a: {} }, [{ path: "/a", from: [1], to: {} }]],
    [{ a: null }, {}, [{ path: "/a", from: null }]],
    ["x", { a: 1 }, [{ path: "", from: "x", to: { a: 1 } }]],
  ])("of %j and %j", (from, to, changes) => {
    expect(jsonDiff(from, to)).toEqual(changes);
  });
});
