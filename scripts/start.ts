/** `npm start`: servers, nodes, and the supervision of both until SIGINT or SIGTERM. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Env, readEnv } from "../mixins/kit/env.ts";
import { demoAccounts, demoPassword, seedDemo } from "./lib/demo.ts";
import { compileCacheOf, knownServices, Nodes, planNodes } from "./lib/nodes.ts";
import { freePort, isFree } from "./lib/ports.ts";
import { stopServers } from "./lib/processes.ts";
import { refuseSecondStart, removeRunFile, writeRunFile } from "./lib/run-file.ts";
import { run, StartError, say, seconds, sleep, warn } from "./lib/say.ts";
import { type Servers, startServers } from "./lib/servers.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const READY_MS = 180_000;
/** Of a node. With the servers' stop after it (RabbitMQ's: 6 s) the whole takes 15 s; whoever is killed loses nothing. */
const STOP_MS = 8_000;

run(async () => {
  const since = performance.now();
  if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
  const env = readEnv();
  const dataDir = resolve(root, env.DATA_DIR);
  mkdirSync(dataDir, { recursive: true });
  refuseSecondStart(dataDir);
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopped.resolve());
  const plan = planNodes(env.NODES, env.SERVICES, knownServices(root));
  const port = await portOf(env);
  const starting = startServers({
    dataDir,
    binDir: join(root, ".data", "bin"),
    ports: { mongo: 27_017, amqp: 5_672 },
    mongoUrl: process.env.MONGO_URL,
    amqpUrl: process.env.AMQP_URL,
    transporterUrl: process.env.TRANSPORTER_URL,
    managementUrl: process.env.RABBITMQ_MANAGEMENT_URL,
  });
  const servers = await Promise.race([starting, stopped.promise]);
  if (!servers) return stopEarly(starting);
  const metricsPort = await freePort(env.METRICS_PORT, [port]);
  const url = `http://${env.HOST}:${port}`;
  const adminPassword = adminPasswordOf(env, dataDir);
  const specs = plan.map((services, index) => ({
    id: `node-${index + 1}`,
    services,
    env: nodeEnv(env, servers, { id: `node-${index + 1}`, port, metricsPort: metricsPort + index, adminPassword }),
  }));
  const stopMs = env.DRAIN_NOTICE_MS + STOP_MS;
  const nodes = new Nodes({ root, logDir: join(dataDir, "logs"), specs, stopMs, onChange: () => note() });
  const note = (): void =>
    writeRunFile(dataDir, {
      url,
      mongoUrl: servers.mongoUrl,
      amqpUrl: servers.amqpUrl,
      transporterUrl: servers.transporterUrl,
      managementUrl: servers.managementUrl,
      metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
      pids: { supervisor: process.pid, ...servers.pids, nodes: nodes.pids },
    });
  say(`${specs.length === 1 ? "node" : `${specs.length} nodes`}: starting, logs in ${join(env.DATA_DIR, "logs")}`);
  nodes.start();
  try {
    const isReady = await Promise.race([waitUntilReady(url), stopped.promise.then(() => false)]);
    if (isReady) {
      const demo = await demoOf(env, url, dataDir, adminPassword);
      console.log(`ready ${url}`);
      printLinks(url, env, adminPassword, demo, since);
    }
    await stopped.promise;
    say("stopping");
  } finally {
    await nodes.stop();
    await servers.stop();
    removeRunFile(dataDir);
  }
  process.exit(0);
});

/** Told to stop while the servers were still starting, or awaited. */
async function stopEarly(starting: Promise<Servers>): Promise<never> {
  starting.catch(() => {});
  say("stopping");
  await stopServers();
  process.exit(0);
}

/** A port that was asked for must be free; the default one may move. */
async function portOf(env: Env): Promise<number> {
  const asked = process.env.PORT !== undefined && process.env.PORT !== "";
  if (env.PORT === 0) return freePort(3_000 + Math.floor(Math.random() * 20_000));
  if (!asked) return freePort(env.PORT);
  if (await isFree(env.PORT, env.HOST)) return env.PORT;
  throw new StartError(`Port ${env.PORT} is busy`, "stop what listens there, or set PORT to a free one");
}

/** In development a password is made once per data directory; production has to set it (env.ts refuses otherwise). */
function adminPasswordOf(env: Env, dataDir: string): string {
  if (env.ADMIN_PASSWORD) return env.ADMIN_PASSWORD;
  const file = join(dataDir, "admin-password");
  if (!existsSync(file)) writeFileSync(file, randomBytes(12).toString("base64url"), { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}

function nodeEnv(
  env: Env,
  servers: Servers,
  node: { id: string; port: number; metricsPort: number; adminPassword: string },
): NodeJS.ProcessEnv {
  // moleculer-runner has a SERVICES of its own, with another meaning.
  const { SERVICES: _, ...inherited } = process.env;
  return {
    ...inherited,
    NODE_ENV: env.NODE_ENV,
    NODE_COMPILE_CACHE: compileCacheOf(root),
    NODE_ID: node.id,
    PORT: String(node.port),
    METRICS_PORT: String(node.metricsPort),
    MONGO_URL: servers.mongoUrl,
    AMQP_URL: servers.amqpUrl,
    TRANSPORTER_URL: servers.transporterUrl,
    ADMIN_PASSWORD: node.adminPassword,
  };
}

async function waitUntilReady(url: string): Promise<boolean> {
  const deadline = performance.now() + READY_MS;
  let last = "no answer yet";
  while (performance.now() < deadline) {
    try {
      const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      if (response.ok) return true;
      last = (await response.text()).slice(0, 300);
    } catch {
      // The gateway does not listen yet.
    }
    await sleep(100);
  }
  throw new StartError(`Not ready after ${READY_MS / 1000} s (${last})`, "see the logs of the nodes");
}

/** The demo building, where it is wanted and can be: its accounts are verified by the e-mails that are kept. */
async function demoOf(env: Env, url: string, dataDir: string, adminPassword: string): Promise<string[][]> {
  if (env.NODE_ENV !== "development" || !env.SEED_DEMO || env.SMTP_URL) return [];
  const password = demoPassword(dataDir);
  try {
    const made = await seedDemo({ url, admin: { email: env.ADMIN_EMAIL, password: adminPassword }, password });
    if (made) say("demo building: made, with residents, tickets and bookings (SEED_DEMO=false leaves it out)");
  } catch (error) {
    warn(`The demo building could not be made: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
  return demoAccounts.map(({ role, email }) => [`demo ${role}`, `${email}  password ${password}`]);
}

function printLinks(url: string, env: Env, adminPassword: string, demo: string[][], since: number): void {
  const admin = env.NODE_ENV === "production" ? [] : [["admin", `${env.ADMIN_EMAIL}  password ${adminPassword}`]];
  const rows = [
    ["API reference", `${url}/docs`],
    ["events", `${url}/docs/events`],
    ["operations", `${url}/console`],
    ["health", `${url}/health/ready`],
    ["REPL", "npm run repl"],
    ...admin,
    ...demo,
  ];
  for (const [name = "", value] of rows) console.log(`  ${name.padEnd(15)} ${value}`);
  say(`started in ${seconds(since)}; Ctrl-C stops it in order`);
}
