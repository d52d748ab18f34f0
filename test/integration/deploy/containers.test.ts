/** What a container runs, with the users that `deploy/users.mjs` makes. (No container engine here: the process itself.) */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { MongoClient } from "mongodb";
import { freePort } from "../../../scripts/lib/ports.ts";
import { management, testServers, uniquePrefix, waitFor } from "../../support/env.ts";
import { allServices, Rest } from "../../support/product.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const prefix = uniquePrefix();
const vhosts = { EVENTS_VHOST: `${prefix}e`, TRANSPORTER_VHOST: `${prefix}t` };
const passwords = {
  EVENTS_PASSWORD: "events secret",
  TRANSPORTER_PASSWORD: "t-secret",
  MONGO_NODE_PASSWORD: "m-secret",
};

function rootUrls(): Record<string, string> {
  const { mongoUrl, amqpUrl, managementUrl } = testServers();
  const { username, password } = new URL(amqpUrl);
  const rabbit = new URL(managementUrl);
  Object.assign(rabbit, { username, password });
  return { MONGO_ROOT_URL: mongoUrl, RABBITMQ_ROOT_URL: rabbit.href };
}

const makeUsers = (env: Record<string, string>) =>
  promisify(execFile)(process.execPath, ["deploy/users.mjs"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, DB_PREFIX: prefix, ...env } as NodeJS.ProcessEnv,
  });

describe("containers", () => {
  const children: ChildProcess[] = [];
  const client = new MongoClient(testServers().mongoUrl);
  beforeAll(() => makeUsers({ ...rootUrls(), ...vhosts, ...passwords }));
  afterAll(async () => {
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(
      children.map((child) => new Promise((done) => (child.exitCode !== null ? done(0) : child.on("exit", done)))),
    );
    for (const vhost of Object.values(vhosts)) {
      await management("DELETE", `/api/vhosts/${vhost}`);
      await management("DELETE", `/api/users/residents-${vhost}`);
    }
    const admin = client.db("admin");
    for (const kind of ["node", "relay"]) {
      await admin.command({ dropUser: `${prefix}-${kind}` });
      await admin.command({ dropRole: `${prefix}_${kind}` });
    }
    const { databases } = await admin.admin().listDatabases({ nameOnly: true });
    await Promise.all(
      databases.flatMap(({ name }) => (name.startsWith(`${prefix}_`) ? client.db(name).dropDatabase() : [])),
    );
    await client.close();
  });

  it("making the users a second time changes nothing but passwords; a missing setting is named", async () => {
    const { stdout } = await makeUsers({ ...rootUrls(), ...vhosts, ...passwords });
    expect(stdout).toContain(`RabbitMQ: user residents-${prefix}e on vhost ${prefix}e`);
    expect(stdout).toContain(`MongoDB: user ${prefix}-relay`);
    await expect(makeUsers({ ...rootUrls(), ...vhosts })).rejects.toThrow("EVENTS_PASSWORD is not set; remedy");
  });

  it("a RabbitMQ that can't yet is asked again; what it refuses is told at once", async () => {
    const asked: string[] = [];
    const statuses = [500, 201, 204, 204, 401];
    const busy = createServer(({ url }, response) => {
      asked.push(String(url));
      response.writeHead(statuses.shift() ?? 204).end();
    });
    await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
    const { port } = busy.address() as AddressInfo;
    try {
      const made = makeUsers({ ...passwords, ...vhosts, RABBITMQ_ROOT_URL: `http://root:x@127.0.0.1:${port}` });
      await expect(made).rejects.toThrow(`RabbitMQ refused vhosts/${vhosts.TRANSPORTER_VHOST}: 401`);
      expect(asked.slice(0, 2)).toEqual(Array(2).fill(`/api/vhosts/${vhosts.EVENTS_VHOST}`));
      expect(asked).toHaveLength(5);
    } finally {
      busy.closeAllConnections();
      busy.close();
    }
  });

  it("the users hold no privilege on foreign databases", async () => {
    const found = await client.db("admin").command({ rolesInfo: `${prefix}_node`, showPrivileges: true });
    const databases = found.roles[0].inheritedPrivileges.map((one: { resource: { db: string } }) => one.resource.db);
    expect(databases.length).toBeGreaterThan(0);
    expect(databases.filter((name: string) => !name.startsWith(`${prefix}_`))).toEqual([]);
  });

  it("two containers with these users are one cluster: a request crosses it, and a fact travels", async () => {
    const port = await freePort(3_400);
    const amqp = new URL(testServers().amqpUrl);
    const url = (vhost: string, password: string): string =>
      `amqp://residents-${vhost}:${encodeURIComponent(password)}@${amqp.host}/${vhost}`;
    const env = {
      NODE_ENV: "production",
      DB_PREFIX: prefix,
      MONGO_URL: testServers().mongoUrl,
      AMQP_URL: url(vhosts.EVENTS_VHOST, passwords.EVENTS_PASSWORD),
      TRANSPORTER_URL: url(vhosts.TRANSPORTER_VHOST, passwords.TRANSPORTER_PASSWORD),
      ADMIN_PASSWORD: "correct horse battery",
      PORT: String(port),
    };
    const run = async (services: string, metrics: number): Promise<() => string> => {
      let text = "";
      const settings = {
        ...env,
        SERVICES: services,
        METRICS_PORT: String(await freePort(metrics)),
        NODE_ID: `${prefix}-${metrics}`,
      };
      const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "deploy/node.mjs"], {
        cwd: ROOT,
        env: { PATH: process.env.PATH, ...settings } as NodeJS.ProcessEnv,
        stdio: ["ignore", "pipe", "pipe"],
      });
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
      children.push(child);
      return () => text;
    };
    const said = [
      await run("gateway,relay", 3_500),
      await run(allServices.filter((name) => name !== "gateway" && name !== "relay").join(","), 3_600),
    ];
    const ready = async (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/health/ready`)
        .then(async (answer) => ((await answer.json()) as { status: string }).status === "ready")
        .catch(() => false);
    await waitFor(ready, { message: "the cluster" }).catch((error) => {
      throw new Error(`${error.message}\n${said.map((text) => text()).join("\n")}`);
    });
    const rest = new Rest(`http://127.0.0.1:${port}`);
    const admin = await rest.admin();
    const person = await rest.newPerson(admin, "Cora");
    expect(person.token).toMatch(/^ey/);
    // A file goes over the transporter as a stream, both ways.
    const { unitId, manager } = await rest.newBuilding(admin, "Lime");
    await rest.moveIn(person, manager, unitId);
    const about = { unitId, category: "other", title: "A tap", description: "It drips." };
    const ticket = await rest.ok(201, rest.as(person).post("/tickets", about));
    const path = `/tickets/${ticket.body.id}/attachments`;
    const content = Buffer.concat([
      Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex"),
      randomBytes(3_000_000),
    ]);
    const made = await rest.ok(201, rest.as(person).call("POST", `${path}?name=a.jpg`, content));
    const headers = { authorization: `Bearer ${manager.token}` };
    const answer = await fetch(`${rest.url}/api/v1${path}/${made.body.id}`, { headers });
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  });

  it("an unknown service stops the container with its name", async () => {
    const env = { PATH: process.env.PATH, SERVICES: "tickets,ticket" } as NodeJS.ProcessEnv;
    await expect(promisify(execFile)(process.execPath, ["deploy/node.mjs"], { cwd: ROOT, env })).rejects.toThrow(
      "SERVICES names ticket, which does not exist; remedy",
    );
  });
});

describe("docker-compose.yml and Dockerfile", () => {
  const compose = readFileSync(join(ROOT, "docker-compose.yml"), "utf8");

  it("run every service exactly once, but for the relay's second replica", () => {
    const run = [...compose.matchAll(/SERVICES: "?([a-z,]+)"?/g)].flatMap((match) => (match[1] as string).split(","));
    expect([...run].sort()).toEqual([...allServices].sort());
    expect(compose).toContain("replicas: 2");
  });

  it("have their services compiled when they are built", async () => {
    const folder = mkdtempSync(join(tmpdir(), "residents-test-"));
    const env = { PATH: process.env.PATH, NODE_ENV: "production", NODE_COMPILE_CACHE: folder } as NodeJS.ProcessEnv;
    const args = ["--disable-warning=ExperimentalWarning", "deploy/warm.mjs"];
    try {
      await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(files.length).toBeGreaterThan(allServices.length);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("hold no password, and copy what exists", () => {
    expect(compose.match(/(PASSWORD|PASS): (?!\$\{)/g)).toBeNull();
    const copied = [...readFileSync(join(ROOT, "Dockerfile"), "utf8").matchAll(/^COPY (?!--)(.+) \S+$/gm)];
    for (const name of copied.flatMap((match) => (match[1] as string).split(" ")))
      expect([name, existsSync(join(ROOT, name))]).toEqual([name, true]);
  });
});
