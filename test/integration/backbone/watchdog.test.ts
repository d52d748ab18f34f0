/** A process whose transporter is a black hole: the connection stands, and nothing comes through. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { WATCHDOG_EXIT } from "../../../mixins/watchdog.ts";
import { freePort } from "../../../scripts/lib/ports.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { testServers, waitFor } from "../../support/env.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

describe("the watchdog of the transporter", () => {
  let world: World;
  let proxy: TcpProxy;
  let child: ChildProcess | undefined;
  let text = "";

  beforeAll(async () => {
    world = await createWorld();
    proxy = await TcpProxy.to(world.env.AMQP_URL, 5672);
    child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "deploy/node.mjs"], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        NODE_ENV: "test",
        SERVICES: "ops",
        NODE_ID: `${world.env.DB_PREFIX}-dog`,
        DB_PREFIX: world.env.DB_PREFIX,
        MONGO_URL: testServers().mongoUrl,
        AMQP_URL: world.env.AMQP_URL,
        TRANSPORTER_URL: proxy.through(world.env.AMQP_URL),
        WATCHDOG_MS: "1500",
        METRICS_PORT: String(await freePort(3_600)),
        ADMIN_PASSWORD: "correct horse battery",
      } as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
  });
  afterAll(async () => {
    child?.kill("SIGKILL");
    await proxy.close();
    await world.dispose();
  });

  it("leaves a process with a living transporter alone, and ends one that hears nothing, with a reason", async () => {
    const alive = /ServiceBroker with \d+ service/;
    await waitFor(() => alive.test(text), { deadlineMs: 20_000, message: "a started broker" });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(child?.exitCode).toBeNull();
    proxy.swallow();
    const since = performance.now();
    await waitFor(() => child?.exitCode !== null, { deadlineMs: 6_000, message: "the exit" });
    expect(child?.exitCode).toBe(WATCHDOG_EXIT);
    expect(performance.now() - since).toBeGreaterThan(1_000);
    expect(text).toContain("Nothing came through the transporter for 1500 ms");
  }, 40_000);
});
