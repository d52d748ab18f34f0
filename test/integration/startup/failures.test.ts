import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { mongoVerdict } from "../../../scripts/lib/mongo-check.ts";
import { freePort } from "../../../scripts/lib/ports.ts";
import { startServer, stopProcess } from "../../../scripts/lib/processes.ts";
import { rabbitPlan } from "../../../scripts/lib/rabbitmq-binary.ts";
import { testServers } from "../../support/env.ts";
import { type Started, startProduct } from "../../support/start.ts";

/** One sentence with its remedy, exit code 1, and no stack trace. */
async function expectClearStop(started: Started, sentence: RegExp): Promise<void> {
  expect(await started.exited(40_000)).toBe(1);
  expect(started.output()).toMatch(sentence);
  expect(started.output()).not.toMatch(/\n\s+at .*\(|node:internal/);
}

describe("a start that can't succeed says why in one sentence and stops", () => {
  let started: Started;
  let cleanUp: (() => Promise<unknown> | unknown) | undefined;
  afterEach(async () => {
    await started?.dispose();
    await cleanUp?.();
    cleanUp = undefined;
  });
  const given = () => ({ MONGO_URL: testServers().mongoUrl, AMQP_URL: testServers().amqpUrl });

  it("names every invalid setting, and never its value", async () => {
    started = startProduct({ ...given(), PORT: "eighty", RELAY_LEASE_MS: "-5", ADMIN_PASSWORD: "short" });
    await expectClearStop(started, /PORT must be a whole number.*RELAY_LEASE_MS must be.*|ADMIN_PASSWORD must be/);
    expect(started.output()).toContain("ADMIN_PASSWORD must be 12 to 128 characters");
    expect(started.output()).not.toContain("short");
  });

  it("refuses production with default secrets", async () => {
    started = startProduct({ ...given(), NODE_ENV: "production" });
    await expectClearStop(started, /ADMIN_PASSWORD must be set when NODE_ENV=production/);
  });

  it("names a service that does not exist", async () => {
    started = startProduct({ ...given(), SERVICES: "relay,kitchen" });
    await expectClearStop(started, /SERVICES names kitchen, which does not exist; remedy: use some of/);
  });

  it("says that an asked port is busy", async () => {
    const port = await freePort(23_000);
    const server: Server = createServer().listen(port, "127.0.0.1");
    cleanUp = () => new Promise((resolve) => server.close(resolve));
    started = startProduct({ ...given(), PORT: String(port) });
    await expectClearStop(started, new RegExp(`Port ${port} is busy; remedy: stop what listens there`));
  });

  it("says that RabbitMQ refuses the login", async () => {
    const url = new URL(testServers().amqpUrl);
    url.password = "wrong";
    started = startProduct({ ...given(), AMQP_URL: url.href });
    await expectClearStop(started, /RabbitMQ refuses the login of AMQP_URL; remedy/);
  });

  it("says that the vhost does not exist", async () => {
    const url = new URL(testServers().amqpUrl);
    url.pathname = "/nowhere";
    started = startProduct({ ...given(), AMQP_URL: url.href });
    await expectClearStop(started, /no such vhost.*remedy: rabbitmqctl add_vhost/);
  });

  it("says that MongoDB refuses the login", async () => {
    const url = testServers().mongoUrl.replace("mongodb://", "mongodb://nobody:wrong@");
    started = startProduct({ ...given(), MONGO_URL: url });
    await expectClearStop(started, /MongoDB refuses the login of MONGO_URL; remedy/);
  });

  it("refuses a standalone mongod, and says how to make a replica set of it", async () => {
    const port = await freePort(28_100);
    const dir = mkdtempSync(join(tmpdir(), "standalone-"));
    const mongod = startServer({
      file: mongodPath(),
      args: ["--bind_ip", "127.0.0.1", "--port", String(port), "--dbpath", dir],
      log: join(dir, "log"),
    });
    cleanUp = () => stopProcess(mongod.pid as number);
    started = startProduct({ ...given(), MONGO_URL: `mongodb://127.0.0.1:${port}/?replicaSet=rs0` });
    await expectClearStop(started, /standalone server.*remedy: start it with --replSet/);
  });

  it("says that the disk is full before anything is written to it", async () => {
    const dir = mkdtempSync(join(tmpdir(), "full-disk-"));
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", dir]);
    if (mounted.status !== 0) throw new Error(`This test needs a small tmpfs (root): ${mounted.stderr}`);
    cleanUp = () => spawnSync("umount", [dir]);
    started = startProduct(given(), dir);
    expect(await started.exited()).toBe(1);
    expect(started.output()).toMatch(
      /The disk is full: \d+ MB are free below .*, 300 MB are needed; remedy: free some space/,
    );
    spawnSync("umount", [dir]);
  });
});

/** The test servers' own binary. */
function mongodPath(): string {
  const binaries = readdirSync("/proc").flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? readlinkSync(`/proc/${pid}/exe`) : [];
    } catch {
      return [];
    }
  });
  return binaries.find((binary) => basename(binary) === "mongod") as string;
}

describe("a start while a server is down", () => {
  it("waits for RabbitMQ and MongoDB, says so, and stops in order when it is told to", async () => {
    const started = startProduct({
      MONGO_URL: "mongodb://127.0.0.1:28999/?replicaSet=rs0",
      AMQP_URL: "amqp://127.0.0.1:28998",
    });
    try {
      await started.said("MongoDB at MONGO_URL does not answer yet");
      await started.said("RabbitMQ at AMQP_URL does not answer yet");
      expect(started.child.exitCode).toBeNull();
      started.child.kill("SIGTERM");
      expect(await started.exited(15_000)).toBe(0);
    } finally {
      await started.dispose();
    }
  });
});

describe("the decisions behind a start", () => {
  it.each([
    ["5.0.30", "rs0", false, "is too old"],
    ["4.4.1", "rs0", false, "is too old"],
    ["8.0.21", undefined, false, "standalone"],
  ])("refuses MongoDB %s (set %s)", (version, setName, isMongos, reason) => {
    const verdict = mongoVerdict({ version, setName, isMongos });
    expect(verdict).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  it.each([
    ["6.0.5", true],
    ["7.0.31", true],
    ["8.0.20", true],
    ["7.0.32", false],
    ["8.0.21", false],
    ["8.2.0", false],
  ])("takes MongoDB %s, with a warning: %s", (version, warned) => {
    const verdict = mongoVerdict({ version, setName: "rs0", isMongos: false });
    expect(verdict.ok && verdict.warning !== undefined).toBe(warned);
  });

  it.each([
    [{ onPath: "/usr/sbin/rabbitmq-server", unpacked: false, debian: true, root: true }, "path"],
    [{ onPath: undefined, unpacked: true, debian: true, root: false }, "unpacked"],
    [{ onPath: undefined, unpacked: false, debian: true, root: true }, "install"],
    [{ onPath: undefined, unpacked: false, debian: true, root: false }, "unpack"],
    [{ onPath: undefined, unpacked: false, debian: false, root: false }, "none"],
  ] as const)("gets RabbitMQ on %o by: %s", (facts, plan) => {
    expect(rabbitPlan(facts)).toBe(plan);
  });

  it("keeps .env.example and the settings in step", async () => {
    const { readEnv } = await import("../../../mixins/kit/env.ts");
    const text = readFileSync(new URL("../../../.env.example", import.meta.url), "utf8");
    const names = [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]);
    expect(names.sort()).toEqual([...Object.keys(readEnv({})), "RABBITMQ_MANAGEMENT_URL"].sort());
  });
});
