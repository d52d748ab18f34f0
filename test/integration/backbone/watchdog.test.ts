/** A process whose transporter has lost its broker, and one whose transporter stands and hears nothing. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { TcpProxy } from "../../../faults/lib/proxy.ts";
import { WATCHDOG_EXIT } from "../../../mixins/watchdog.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { type NodeProcess, startNode } from "../../support/node-process.ts";

/** Longer than Moleculer waits before it connects again. */
const LIMIT_MS = 7_500;

describe("the watchdog of the transporter", () => {
  let world: World;
  let proxy: TcpProxy;
  let node: NodeProcess;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  beforeAll(async () => {
    world = await createWorld();
    proxy = await TcpProxy.to(world.env.AMQP_URL, 5672);
    const transporter = proxy.through(world.env.AMQP_URL);
    node = await startNode(world, { SERVICES: "ops", TRANSPORTER_URL: transporter, WATCHDOG_MS: String(LIMIT_MS) });
    const started = /ServiceBroker with \d+ service/;
    await waitFor(() => started.test(node.logs()), { message: "a started broker" });
  });
  afterAll(async () => {
    node.child.kill("SIGKILL");
    await proxy.close();
    await world.dispose();
  });

  it("leaves a process alone whose broker is away: a new start would not bring it back", async () => {
    proxy.cut();
    await pause(LIMIT_MS + 2_000);
    expect(node.child.exitCode).toBeNull();
    proxy.restore();
    await waitFor(() => proxy.connections > 0, { message: "the transporter's new connection" });
    await pause(LIMIT_MS + 1_000);
    expect(node.child.exitCode).toBeNull();
  });

  it("ends a process that hears nothing through a connection that stands, with a reason", async () => {
    proxy.swallow();
    const since = performance.now();
    await waitFor(() => node.child.exitCode !== null, { message: "the exit" });
    expect(performance.now() - since).toBeLessThan(2 * LIMIT_MS);
    expect(node.child.exitCode).toBe(WATCHDOG_EXIT);
    expect(node.logs()).toContain(`Nothing came through the transporter for ${LIMIT_MS} ms`);
  });
});
