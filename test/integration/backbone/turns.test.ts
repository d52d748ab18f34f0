/** Services of a node take turns with their small transactions. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { MOST_MS } from "../../../mixins/kit/turns.ts";
import { relay as relayContract } from "../../../services/relay/contract.ts";
import relayService from "../../../services/relay/relay.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { consumerContract, consumerService, handler, producer, producerService } from "../../support/probe-domain.ts";

describe("turns of a node's consumers", () => {
  let world: World;
  let broker: ServiceBroker;
  let handledAt: Map<number, number>;
  let release: () => void;
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  const create = (n: number, mode = "note") => broker.call("tickets.create", { n, mode });
  const handled = (n: number) => waitFor(() => handledAt.has(n), { message: `event ${n} to be handled` });

  beforeAll(async () => {
    world = await createWorld();
    const note = handler(async ({ payload }) => void handledAt.set(payload.n, performance.now()));
    const hang = handler(async ({ payload }) => (payload.mode === "hang" ? hanging : undefined));
    broker = await world.startBroker({
      contracts: [producer, relayContract, consumerContract("search"), consumerContract("analytics")],
      services: [
        producerService(),
        relayService,
        consumerService("search", [note]),
        consumerService("analytics", [hang]),
      ],
    });
  });
  afterAll(() => world.dispose());
  beforeEach(() => {
    handledAt = new Map();
  });

  it("a small one waits while they are taken, and no longer than it may", async () => {
    const { turns } = broker.backbone;
    const ends: (() => void)[] = [];
    while (!turns.taken) ends.push(turns.begin());
    const since = performance.now();
    await create(1);
    await handled(1);
    expect((handledAt.get(1) as number) - since).toBeGreaterThan(MOST_MS - 10);
    for (const end of ends) end();
  });

  it("what hangs in one service does not stop another one", async () => {
    await create(10, "hang");
    for (let n = 11; n < 16; n++) {
      await create(n);
      await handled(n);
    }
    release();
  });
});
