import { describe, expect, it } from "@jest/globals";
import Type from "typebox";
import type { EventTrace } from "../../mixins/backbone-actions.ts";
import { type Contract, defineContract, event } from "../../mixins/kit/contracts.ts";
import { biography, type Known } from "../../services/analytics/biography.ts";
import { countsOf, eventDoc } from "../../services/analytics/model.ts";

const ID = "01932b6e-7c00-7000-8000-000000000001";
const at = (second: number): Date => new Date(Date.UTC(2026, 0, 31, 9, 30, second));
const service = (name: string, consumes: string[] = [], events = {}): Contract =>
  defineContract({ service: name, summary: name, events, consumes, actions: {} });
const contracts = [
  service("tickets", [], { "ticket.created": event(Type.Object({})) }),
  service("search", ["ticket.created"]),
  service("ai", ["ticket.*"]),
  service("notifications", ["*.created"]),
  service("billing", ["booking.created"]),
];
const trace = (name: string, share: Partial<EventTrace> = {}): EventTrace => ({
  service: name,
  outbox: [],
  inbox: null,
  failures: [],
  deadLetter: null,
  audit: [],
  ...share,
});
const row = (extra: object = {}): EventTrace["outbox"][number] => ({
  _id: ID,
  eventId: ID,
  eventType: "ticket.created",
  version: "v1",
  timestamp: at(0),
  body: JSON.stringify({ eventId: ID, payload: { ticketId: "t" } }),
  meta: { actorId: "u", correlationId: "c", producer: "tickets" },
  publishedAt: at(1),
  ...extra,
});
const inbox = (name: string, extra: object = {}) => ({
  _id: `${name}/${ID}`,
  consumer: name,
  eventId: ID,
  eventType: "ticket.created",
  at: at(2),
  attempt: 1,
  episode: 1,
  result: "handled" as const,
  ...extra,
});
const failure = (attempt: number) => ({ attempt, episode: 1, at: at(attempt), code: "BOOM", message: "boom" });
const letter = (status: string): NonNullable<EventTrace["deadLetter"]> =>
  ({
    _id: `ai:${ID}`,
    status,
    code: "BOOM",
    edited: true,
    deadAt: at(20),
    replayedAs: [],
    episode: 2,
    eventType: "ticket.created",
  }) as unknown as NonNullable<EventTrace["deadLetter"]>;
const audit = (id: string, step: string, actorId: string): EventTrace["audit"][number] =>
  ({
    _id: id,
    deadLetterId: `ai:${ID}`,
    consumer: "ai",
    eventId: ID,
    step,
    at: at(30),
    actorId,
    detail: { x: 1 },
  }) as EventTrace["audit"][number];

const told = (known: Partial<Known>) =>
  biography({ eventId: ID, logged: null, traces: [], unavailable: [], ...known }, contracts);
const stateIn = (known: Partial<Known>, name: string) =>
  told(known)?.consumers.find((consumer) => consumer.service === name)?.state;

describe("the biography of an event", () => {
  it("tells committed, published and each consumer's outcome", () => {
    const way = told({
      traces: [
        trace("tickets", { outbox: [row()] }),
        trace("search", { inbox: inbox("search", { attempt: 3 }), failures: [failure(1), failure(2)] }),
        trace("notifications", { inbox: inbox("notifications", { result: "ignored" }) }),
        trace("ai"),
      ],
    });
    expect(way).toMatchObject({
      eventType: "ticket.created",
      actorId: "u",
      payload: { ticketId: "t" },
      committed: { service: "tickets", at: "2026-01-31T09:30:00.000Z" },
      published: { state: "published", at: "2026-01-31T09:30:01.000Z" },
    });
    expect(
      way?.consumers.map((consumer) => [consumer.service, consumer.state, consumer.attempt, consumer.failures.length]),
    ).toEqual([
      ["ai", "waiting", null, 0],
      ["notifications", "ignored", 1, 0],
      ["search", "done", 3, 2],
    ]);
  });

  it.each([
    ["pending", { publishedAt: null }],
    ["unroutable", { publishedAt: null, unroutable: { since: at(1), lastTriedAt: at(2), count: 3 } }],
    ["failed", { publishedAt: null, failed: { at: at(1), reason: "too big" } }],
  ])("says when it is %s", (state, extra) => {
    expect(told({ traces: [trace("tickets", { outbox: [row(extra)] })] })?.published.state).toBe(state);
  });

  it.each([
    ["dead", "open"],
    ["replaying", "replaying"],
    ["discarded", "discarded"],
    ["done", "resolved"],
  ])("a consumer is %s while its dead letter is %s", (state, status) => {
    expect(
      stateIn(
        {
          traces: [
            trace("tickets", { outbox: [row()] }),
            trace("ai", { deadLetter: letter(status), failures: [failure(1)] }),
          ],
        },
        "ai",
      ),
    ).toBe(state);
  });

  it("a consumer with failures and no outcome is retrying", () => {
    expect(
      stateIn({ traces: [trace("tickets", { outbox: [row()] }), trace("ai", { failures: [failure(1)] })] }, "ai"),
    ).toBe("retrying");
  });

  it("a service that does not answer is named and its state unknown, not waiting", () => {
    const known = { traces: [trace("tickets", { outbox: [row()] })], unavailable: ["ai"] };
    expect(stateIn(known, "ai")).toBe("unknown");
    expect(told(known)?.unavailable).toEqual(["ai"]);
  });

  it("tells edits and replays in order, by whom", () => {
    const replay = row({
      _id: "01932b6e-7c00-7000-8000-0000000000ff",
      target: { queue: "ai.q", headers: {} },
      publishedAt: at(31),
    });
    const way = told({
      traces: [
        trace("tickets", { outbox: [row()] }),
        trace("ai", {
          outbox: [replay],
          deadLetter: letter("replaying"),
          audit: [audit("b", "replayed", "op-2"), audit("a", "edited", "op-1")],
        }),
      ],
    });
    expect(way?.history.map(({ step, actorId, service: where }) => [where, step, actorId])).toEqual([
      ["ai", "edited", "op-1"],
      ["ai", "replayed", "op-2"],
    ]);
    expect(way?.replays).toEqual([{ service: "ai", publishedAt: "2026-01-31T09:30:31.000Z" }]);
    expect(way?.committed?.service).toBe("tickets");
  });

  it("tells who had it sent again, in the order of time", () => {
    const sent = row({ publishedAt: null, republish: { at: at(59), by: "op-3" } });
    const way = told({
      traces: [trace("tickets", { outbox: [sent] }), trace("ai", { audit: [audit("a", "archived", "system:ai")] })],
    });
    expect(way?.history.map(({ step, actorId, service: where }) => [where, step, actorId])).toEqual([
      ["ai", "archived", "system:ai"],
      ["tickets", "republished", "op-3"],
    ]);
    expect(way?.published.state).toBe("pending");
  });

  it("rests on the log once the outbox row has expired", () => {
    const logged = eventDoc(
      {
        eventId: ID,
        eventType: "ticket.created",
        version: "v1",
        timestamp: at(0),
        payload: { ticketId: "t" },
        meta: { producer: "tickets" },
      },
      event(Type.Object({})),
      at(2),
    );
    expect(told({ logged })).toMatchObject({
      committed: { service: "tickets" },
      published: { state: "published", at: null },
      payload: { ticketId: "t" },
    });
  });

  it("takes dates of another node, which arrive as text", () => {
    const remote = JSON.parse(
      JSON.stringify([trace("tickets", { outbox: [row()] }), trace("search", { inbox: inbox("search") })]),
    ) as EventTrace[];
    expect(told({ traces: remote })?.consumers.find((consumer) => consumer.service === "search")?.handledAt).toBe(
      "2026-01-31T09:30:02.000Z",
    );
  });

  it("is null when nobody knows the event", () => {
    expect(told({ traces: [trace("tickets"), trace("ai")] })).toBeNull();
  });
});

describe("daily counts", () => {
  it("count by the UTC day of the event, its building and its type", () => {
    const doc = eventDoc(
      {
        eventId: ID,
        eventType: "ticket.created",
        version: "v1",
        timestamp: new Date("2026-01-31T23:59:59Z"),
        payload: { buildingId: "b" },
        meta: {},
      },
      event(Type.Object({})),
      at(0),
    );
    expect(countsOf([doc, doc])).toEqual([
      {
        _id: "2026-01-31|b|ticket.created",
        day: "2026-01-31",
        buildingId: "b",
        eventType: "ticket.created",
        count: 2,
      },
    ]);
  });
});
