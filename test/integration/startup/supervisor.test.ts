import { existsSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { isAlive } from "../../../scripts/lib/processes.ts";
import { createVhost, testServers, uniquePrefix, waitFor } from "../../support/env.ts";
import { type Started, startProduct } from "../../support/start.ts";

describe("a running product", () => {
  let vhost: Awaited<ReturnType<typeof createVhost>>;
  let started: Started;
  let env: Record<string, string>;

  beforeAll(async () => {
    vhost = await createVhost();
    env = { MONGO_URL: testServers().mongoUrl, AMQP_URL: vhost.amqpUrl, DB_PREFIX: uniquePrefix(), PORT: "0" };
    started = startProduct(env);
    await started.said(/^ready http:\/\/127\.0\.0\.1:\d+$/m);
  });
  afterAll(async () => {
    await started?.dispose();
    await vhost?.dispose();
  });

  it("tells other programs what runs in run.json", () => {
    const run = started.run();
    expect(run).toMatchObject({ url: expect.stringMatching(/^http:/), mongoUrl: env.MONGO_URL, amqpUrl: env.AMQP_URL });
    expect(run?.pids).toMatchObject({ supervisor: started.child.pid, mongod: null, rabbitmq: null });
    expect(run?.pids.nodes).toHaveLength(1);
  });

  it("refuses a second start on the same data directory and names the first", async () => {
    const second = startProduct(env, started.dataDir);
    expect(await second.exited()).toBe(1);
    expect(second.output()).toContain(`It runs already: pid ${started.child.pid}`);
    expect(existsSync(join(started.dataDir, "run.json"))).toBe(true);
  });

  it("starts a killed node again, shows its end and writes the new pid", async () => {
    const before = started.run()?.pids.nodes[0] as number;
    process.kill(before, "SIGKILL");
    await started.said("node-1 ended (SIGKILL); starting it again");
    const after = await waitFor(() => started.run()?.pids.nodes.find((pid) => pid !== before), {
      message: "the new pid",
    });
    expect(isAlive(after)).toBe(true);
    const { url } = started.run() as { url: string };
    await waitFor(
      () =>
        fetch(`${url}/health/ready`).then(
          (answer) => answer.ok,
          () => false,
        ),
      { message: "ready again" },
    );
  });

  it("stops in order on SIGTERM within 15 s, exit code 0, nothing left running", async () => {
    const pids = started.run()?.pids.nodes ?? [];
    started.child.kill("SIGTERM");
    expect(await started.exited(15_000)).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(started.output()).not.toContain("had not stopped");
    expect(existsSync(join(started.dataDir, "run.json"))).toBe(false);
  });

  it("stops within 15 s also when a request never ends: kills the node, says so, and goes on when it is gone", async () => {
    const again = startProduct(env, started.dataDir);
    await again.said(/^ready /m);
    const { url, pids } = again.run() as { url: string; pids: { nodes: number[] } };
    const headers = { "content-type": "application/json", "content-length": "100" };
    const endless = request(`${url}/api/v1/auth/login`, { method: "POST", headers });
    const cut = new Promise((resolve) => endless.on("error", resolve));
    endless.write("{");
    await waitFor(() => endless.socket?.bytesWritten, { message: "the half of a request" });
    again.child.kill("SIGTERM");
    expect(await again.exited(15_000)).toBe(0);
    await cut;
    expect(pids.nodes.filter(isAlive)).toEqual([]);
    expect(again.output()).toContain("node-1 had not stopped after 8 s: killed");
  });
});

describe("a supervisor that was killed", () => {
  it("takes its node with it, and the next start finds everything again", async () => {
    const vhost = await createVhost();
    const env = { MONGO_URL: testServers().mongoUrl, AMQP_URL: vhost.amqpUrl, DB_PREFIX: uniquePrefix(), PORT: "0" };
    const first = startProduct(env);
    await first.said(/^ready /m);
    const [node] = first.run()?.pids.nodes ?? [];
    first.child.kill("SIGKILL");
    await waitFor(() => !isAlive(node as number), { message: "the node's end" });
    const second = startProduct(env, first.dataDir);
    try {
      await second.said(/^ready /m);
    } finally {
      await second.dispose();
      await vhost.dispose();
    }
  }, 120_000);
});
