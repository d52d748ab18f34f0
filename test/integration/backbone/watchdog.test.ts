/** A process whose transporter is a black hole: the connection stands, and nothing comes through. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { TcpProxy } from "../../../faults/lib/proxy.ts";
import { WATCHDOG_EXIT } from "../../../mixins/watchdog.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { type NodeProcess, startNode } from "../../support/node-process.ts";

describe("the watchdog of the transporter", () => {
  let world: World;
  let proxy: TcpProxy;
  let node: NodeProcess;

  beforeAll(async () => {
    world = await createWorld();
    proxy = await TcpProxy.to(world.env.AMQP_URL, 5672);
    const transporter = proxy.through(world.env.AMQP_URL);
    node = await startNode(world, { SERVICES: "ops", TRANSPORTER_URL: transporter, WATCHDOG_MS: "1500" });
  });
  afterAll(async () => {
    node.child.kill("SIGKILL");
    await proxy.close();
    await world.dispose();
  });

  it("leaves a process with a living transporter alone, and ends one that hears nothing, with a reason", async () => {
    const alive = /ServiceBroker with \d+ service/;
    await waitFor(() => alive.test(node.logs()), { deadlineMs: 20_000, message: "a started broker" });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(node.child.exitCode).toBeNull();
    proxy.swallow();
    const since = performance.now();
    await waitFor(() => node.child.exitCode !== null, { deadlineMs: 6_000, message: "the exit" });
    expect(node.child.exitCode).toBe(WATCHDOG_EXIT);
    expect(performance.now() - since).toBeGreaterThan(1_000);
    expect(node.logs()).toContain("Nothing came through the transporter for 1500 ms");
  }, 40_000);
});
