/** The event log and the way of an event, over REST, through the real relay, broker and consumers. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import analyticsService from "../../../services/analytics/analytics.service.ts";
import { analytics } from "../../../services/analytics/contract.ts";
import { relay as relayContract } from "../../../services/relay/contract.ts";
import relay from "../../../services/relay/relay.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { gatewayContracts, gatewayServices, urlOf } from "../../support/gateway-domain.ts";
import { consumerContract, consumerService, handler, producer, producerService } from "../../support/probe-domain.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, checked by the assertions
type Answer = any;
let world: World;
let broker: ServiceBroker;
let failing = true;

// `ai` is bound to the event, but nowhere running.
const contracts = [
  ...gatewayContracts,
  relayContract,
  analytics,
  producer,
  consumerContract("search"),
  consumerContract("billing"),
  consumerContract("ai"),
];

beforeAll(async () => {
  world = await createWorld();
  const done = handler(async () => {});
  const flaky = handler(async (event) => {
    if (failing && event.payload.mode === "fail") throw Object.assign(new Error("boom"), { code: "BOOM" });
  });
  broker = await world.startBroker({
    contracts,
    services: [
      ...gatewayServices(),
      relay,
      analyticsService,
      producerService(),
      consumerService("search", [done]),
      consumerService("billing", [flaky]),
    ],
  });
});
afterAll(() => world.dispose());

const ops = async (path: string, token = "admin"): Promise<{ status: number; body: Answer }> => {
  const response = await fetch(`${urlOf(broker)}/api/v1/ops${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: await response.json() };
};
const create = async (params: object, correlationId: string): Promise<string> =>
  ((await broker.call("tickets.create", params, { meta: { correlationId } })) as { id: string }).id;
const biographyOf = async (id: string): Promise<Answer> => (await ops(`/events/${id}`)).body;

describe("the event log", () => {
  it("tells the whole way of an event: committed, published, done, retrying, and who does not answer", async () => {
    const id = await create({ n: 1, mode: "fail" }, "flow-1");
    let found: Answer;
    const way = await waitFor(
      async () => {
        found = await biographyOf(id);
        const states = Object.fromEntries((found.consumers ?? []).map((one: Answer) => [one.service, one.state]));
        return (
          states.search === "done" &&
          states.analytics === "done" &&
          states.billing === "retrying" &&
          found.published.at &&
          found
        );
      },
      { message: () => `search and analytics are done, billing retries: ${JSON.stringify(found)}` },
    );
    expect(way).toMatchObject({
      eventId: id,
      eventType: "ticket.created",
      version: "v1",
      producer: "tickets",
      correlationId: "flow-1",
      aggregateId: "1",
      payload: { n: 1, mode: "fail" },
      committed: { service: "tickets", at: expect.any(String) },
      published: { state: "published", at: expect.any(String), reason: null },
      unavailable: ["ai"],
    });
    const billing = way.consumers.find((one: Answer) => one.service === "billing");
    expect(billing.failures[0]).toMatchObject({ attempt: 1, code: "BOOM", message: "boom" });
    expect(way.consumers.map((one: Answer) => one.service)).toEqual(["ai", "analytics", "billing", "search"]);
    expect(way.consumers[0].state).toBe("unknown");
    failing = false;
    const healed = await waitFor(
      async () =>
        (await biographyOf(id)).consumers.find((one: Answer) => one.service === "billing" && one.state === "done"),
      { message: "billing is done after a retry" },
    );
    expect(healed.attempt).toBe(healed.failures.length + 1);
  });

  it("lists events by type and correlation, newest first, by cursor, without payloads", async () => {
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push(await create({ n }, "flow-2"));
    await waitFor(async () => (await ops("/events?correlationId=flow-2")).body.items?.length === 3, {
      message: "three events are logged",
    });
    const first = (await ops("/events?correlationId=flow-2&eventType=ticket.created&limit=2")).body;
    expect(first.items.map((item: Answer) => item.eventId)).toEqual([ids[2], ids[1]]);
    expect(first.items[0].payload).toBeUndefined();
    const second = (await ops(`/events?correlationId=flow-2&limit=2&cursor=${first.nextCursor}`)).body;
    expect([second.items.map((item: Answer) => item.eventId), second.nextCursor]).toEqual([[ids[0]], null]);
    expect((await ops("/events?eventType=nothing.here")).body.items).toEqual([]);
    const future = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
    expect((await ops(`/events?from=${future}`)).body.items).toEqual([]);
    expect((await ops("/events?cursor=%21")).status).toBe(422);
    const saga = (await ops("/sagas/flow-2")).body;
    expect([saga.items.map((item: Answer) => item.eventId), saga.truncated]).toEqual([ids, false]);
  });

  it("counts by day and type", async () => {
    const { items } = (await ops("/counts?eventType=ticket.created")).body;
    expect(items).toEqual([
      {
        day: new Date().toISOString().slice(0, 10),
        buildingId: null,
        eventType: "ticket.created",
        count: expect.any(Number),
      },
    ]);
    expect(items[0].count).toBeGreaterThanOrEqual(4);
  });

  it("is for administrators", async () => {
    for (const path of ["/events", "/sagas/x", "/counts"]) expect((await ops(path, "user")).status).toBe(403);
  });

  it("an id that is none is 422; one that nobody knows is 503 as long as someone does not answer", async () => {
    expect((await ops("/events/nonsense")).status).toBe(422);
    expect((await ops("/events/01932b6e-7c00-7000-8000-000000000001")).status).toBe(503);
    const ai = broker.createService(consumerService("ai", []));
    await broker.waitForServices("ai", 5_000, 20);
    expect((await ops("/events/01932b6e-7c00-7000-8000-000000000001")).status).toBe(404);
    await broker.destroyService(ai);
  });
});
