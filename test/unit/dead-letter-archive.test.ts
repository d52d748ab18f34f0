import { describe, expect, it } from "@jest/globals";
import type { ConsumeMessage } from "amqplib";
import Type from "typebox";
import { defineContract, event } from "../../mixins/kit/contracts.ts";
import { createRegistry } from "../../mixins/kit/registry.ts";
import { archiveDecision } from "../../mixins/retry/archive.ts";
import { storedForm } from "../../mixins/retry/body.ts";
import type { DeadLetter } from "../../mixins/retry/dead-letter.ts";
import { type Incoming, incomingOf } from "../../mixins/retry/incoming.ts";
import { jsonSafe } from "../../mixins/retry/json-safe.ts";

const thing = defineContract({
  service: "things",
  summary: "",
  events: { "thing.made": event(Type.Object({ size: Type.Integer() })) },
  consumes: [],
  actions: {},
});
const registry = createRegistry([thing]);
const now = new Date("2026-03-01T12:00:00Z");
const eventId = "0198c0de-0000-7000-8000-000000000001";
const body = {
  eventId,
  version: "v1",
  eventType: "thing.made",
  timestamp: now.toISOString(),
  payload: { size: 1, buildingId: "b1" },
};

function message(content: Buffer | object, headers: Record<string, unknown> = {}): ConsumeMessage {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  return {
    content: bytes,
    fields: {},
    properties: { headers, type: "thing.made" },
  } as unknown as ConsumeMessage;
}
const read = (content: Buffer | object, headers: Record<string, unknown> = {}): Incoming =>
  incomingOf(message(content, headers), "lab", registry, now);
const failed = {
  "x-attempt": 6,
  "x-error-code": "BROKEN",
  "x-error-message": "no",
  "x-first-failed-at": "2026-03-01T11:59:00.000Z",
};

describe("a message on a dead-letter queue", () => {
  it("tells its event, its failure and its building", () => {
    expect(read(body, failed)).toMatchObject({
      id: `lab:${eventId}`,
      eventId,
      eventType: "thing.made",
      buildingId: "b1",
      code: "BROKEN",
      message: "no",
      attempts: 6,
      episode: 1,
      firstFailedAt: new Date("2026-03-01T11:59:00Z"),
    });
  });

  it.each([
    ["empty", Buffer.alloc(0), "NOT_JSON"],
    ["binary", Buffer.from([0xff, 0x00, 0xfe]), "NOT_JSON"],
    ["an array", [1], "NO_ENVELOPE"],
    ["1 MB", Buffer.alloc(1_000_000, "x"), "TOO_LARGE"],
  ])("is keyed by its hash when the body is %s", (_, content, code) => {
    const first = read(content);
    expect(first.id).toMatch(/^lab:sha256-[0-9a-f]{64}$/);
    expect(first).toMatchObject({ eventId: null, code });
    expect(read(content).id).toBe(first.id);
    expect(read(Buffer.from("other")).id).not.toBe(first.id);
  });

  it("that the broker gave up on says delivery_limit, even with the headers of an earlier retry", () => {
    const death = { reason: "delivery_limit", queue: "lab.q", count: 1 };
    expect(read(body, { "x-death": [death] })).toMatchObject({
      code: "delivery_limit",
      attempts: 20,
    });
    expect(
      read(body, {
        ...failed,
        "x-death": [death, { reason: "expired", queue: "lab.retry.1s" }],
      }),
    ).toMatchObject({ code: "delivery_limit" });
    expect(
      read(body, {
        ...failed,
        "x-death": [{ reason: "expired", queue: "lab.retry.1s" }],
      }),
    ).toMatchObject({ code: "BROKEN" });
  });

  it("believes no header that names another service's letter, or nonsense", () => {
    expect(read(body, { "x-dead-letter": "other:1" }).id).toBe(`lab:${eventId}`);
    expect(
      read(body, {
        "x-dead-letter": { a: 1 },
        "x-attempt": "six",
        "x-episode": -1,
        "x-first-failed-at": "soon",
      }),
    ).toMatchObject({
      id: `lab:${eventId}`,
      attempts: 1,
      episode: 1,
      firstFailedAt: now,
    });
    expect(read(body, { "x-dead-letter": "lab:sha256-ab" }).id).toBe("lab:sha256-ab");
  });

  it("keeps its properties as plain JSON", () => {
    const nested = {
      a: Buffer.from("x"),
      "b\0c": 1n,
      d: new Date(0),
      e: [undefined, Number.NaN],
    };
    expect(jsonSafe(nested)).toEqual({
      a: "eA==",
      bc: "1",
      d: "1970-01-01T00:00:00.000Z",
      e: [null, "NaN"],
    });
    let deep: object = {};
    for (let i = 0; i < 100; i++) deep = { deep };
    expect(JSON.stringify(jsonSafe(deep))).toContain("nested too deep");
  });
});

const decide = (existing: DeadLetter | null, incoming: Incoming, done = false) =>
  archiveDecision(existing, done, incoming, storedForm(incoming.content), now);
const stored = (change: Partial<DeadLetter> = {}): DeadLetter => {
  const first = decide(null, read(body, failed));
  if (first.kind !== "insert") throw new Error("expected an insert");
  return { ...first.document, ...change };
};

describe("the archive", () => {
  it("opens a letter with an audit entry", () => {
    const decision = decide(null, read(body, failed));
    expect(decision).toMatchObject({
      kind: "insert",
      document: {
        status: "open",
        version: 1,
        fingerprint: "lab|BROKEN|thing.made",
        body: JSON.stringify(body),
        bodyEncoding: "utf8",
      },
      audit: {
        step: "archived",
        actorId: "system:lab",
        detail: { code: "BROKEN", episode: 1, again: false },
      },
    });
  });

  it("drops a copy of an event that is done", () => {
    expect(decide(null, read(body, failed), true)).toEqual({
      kind: "drop",
      because: "done",
    });
    expect(
      decide(stored({ status: "replaying", episode: 2 }), read(body, { ...failed, "x-episode": 2 }), true),
    ).toEqual({
      kind: "drop",
      because: "done",
    });
  });

  it.each(["open", "discarded", "replaying"] as const)(
    "ignores a second copy of the first episode while %s",
    (status) => {
      const episode = status === "replaying" ? 2 : 1;
      expect(decide(stored({ status, episode }), read(body, failed))).toEqual({
        kind: "drop",
        because: "known",
      });
    },
  );

  it("opens the same letter again when its replay has failed", () => {
    const again = decide(
      stored({ status: "replaying", episode: 2, version: 2 }),
      read(body, { ...failed, "x-error-code": "OTHER", "x-episode": 2 }),
    );
    expect(again).toMatchObject({
      kind: "reopen",
      document: {
        status: "open",
        episode: 2,
        version: 3,
        code: "OTHER",
        fingerprint: "lab|OTHER|thing.made",
      },
      audit: { step: "archived", detail: { again: true, episode: 2 } },
    });
  });

  it("lets no late copy of an older replay end a newer one", () => {
    expect(decide(stored({ status: "replaying", episode: 3 }), read(body, { ...failed, "x-episode": 2 })).kind).toBe(
      "drop",
    );
  });
});
