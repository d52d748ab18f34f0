/** amqplib ignores a heartbeat that its URL does not name: what the broker has agreed to is asked here. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../../support/cluster.ts";
import { management, waitFor } from "../../support/env.ts";
import { type NodeProcess, startNode } from "../../support/node-process.ts";

interface Connection {
  vhost: string;
  /** Seconds. */
  timeout: number;
  client_properties: { connection_name?: string };
}

describe("connections to RabbitMQ", () => {
  let world: World;
  let node: NodeProcess;
  beforeAll(async () => {
    world = await createWorld();
    node = await startNode(world);
    await node.ready();
  });
  afterAll(async () => {
    await node.stop();
    await world.dispose();
  });

  it("notice within seconds, not minutes, that the other side is gone: events, consumers, transporter", async () => {
    const vhost = new URL(world.env.AMQP_URL).pathname.slice(1);
    const ours = await waitFor(
      async () => {
        const all = (await management(
          "GET",
          `/api/connections?columns=vhost,timeout,client_properties`,
        )) as Connection[];
        const found = all.filter((one) => one.vhost === vhost);
        return found.length >= 3 ? found : undefined;
      },
      { message: "all connections in the management's list" },
    );
    const kinds = new Set(ours.map(({ client_properties }) => client_properties.connection_name?.split(" ")[0]));
    expect(kinds).toEqual(new Set(["events", "consumers", "transporter"]));
    for (const { timeout } of ours) expect(timeout).toBe(4);
  });
});
