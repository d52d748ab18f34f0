/** A private RabbitMQ node: own name, cookie, ports and data below the data directory, loopback only. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningServer } from "./mongod.ts";
import { freePort } from "./ports.ts";
import { isAlive, lastLines, runToEnd, startServer, stopProcess } from "./processes.ts";
import { findRabbit, type Rabbit } from "./rabbitmq-binary.ts";
import { StartError, say, seconds, sleep } from "./say.ts";

export interface RunningRabbit extends RunningServer {
  /** vhost `transporter`: whoever can write there can call any action. */
  transporterUrl: string;
  managementUrl: string;
}

export interface RabbitOptions {
  dataDir: string;
  /** Where unpacked programs are kept. */
  binDir: string;
  /** First ports to try: AMQP; management and the others follow from it. */
  port: number;
}

const READY_MS = 120_000;
const USER = "residents";

interface Ports {
  amqp: number;
  management: number;
  distribution: number;
  epmd: number;
}

export async function startRabbit({ dataDir: base, binDir, port }: RabbitOptions): Promise<RunningRabbit> {
  const since = performance.now();
  const rabbit = await findRabbit(binDir);
  const dir = join(base, "rabbitmq");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  await stopLeftOver(dir);
  const amqp = await freePort(port);
  const management = await freePort(port + 10_000, [amqp]);
  const distribution = await freePort(port + 20_000, [amqp, management]);
  const ports: Ports = {
    amqp,
    management,
    distribution,
    epmd: await freePort(port - 1_300, [amqp, management, distribution]),
  };
  const password = secret(dir);
  writeConfig(dir, ports, password);
  say("RabbitMQ: starting (about 15 s)");
  const log = join(base, "rabbitmq.log");
  const child = startServer({ file: rabbit.server, args: [], env: environment(dir, ports, rabbit), log });
  if (child.pid === undefined)
    throw new StartError(`RabbitMQ could not be started (${rabbit.server})`, "set AMQP_URL to a running one");
  writeFileSync(join(dir, "server.pid"), String(child.pid));
  const managementUrl = `http://127.0.0.1:${ports.management}`;
  const pid = child.pid;
  const stop = (): Promise<void> => stopRabbit(pid, ports, rabbit, dir);
  try {
    await ready(managementUrl, password, pid, log);
  } catch (error) {
    await stop();
    throw error;
  }
  say(`RabbitMQ: ready on port ${ports.amqp}, ${seconds(since)}`);
  const url = `amqp://${USER}:${password}@127.0.0.1:${ports.amqp}`;
  return {
    url: `${url}/events`,
    transporterUrl: `${url}/transporter`,
    managementUrl: managementUrl.replace("//", `//${USER}:${password}@`),
    pid,
    stop,
  };
}

/** One password a data directory, made at the first start. */
function secret(dir: string): string {
  const file = join(dir, "password");
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}

function writeConfig(dir: string, ports: Ports, password: string): void {
  const settings = [
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    "management.tcp.ip = 127.0.0.1",
    `management.tcp.port = ${ports.management}`,
    `load_definitions = ${join(dir, "definitions.json")}`,
    "vm_memory_high_watermark.relative = 0.4",
    "disk_free_limit.absolute = 200MB",
    "log.console = true",
    "log.console.level = warning",
    "log.file = false",
  ];
  writeFileSync(join(dir, "rabbitmq.conf"), `${settings.join("\n")}\n`);
  writeFileSync(join(dir, "enabled_plugins"), "[rabbitmq_management].\n");
  const vhosts = ["events", "transporter"];
  const permissions = vhosts.map((vhost) => ({ user: USER, vhost, configure: ".*", write: ".*", read: ".*" }));
  const users = [{ name: USER, password, tags: "administrator" }];
  const definitions = { users, vhosts: vhosts.map((name) => ({ name })), permissions };
  writeFileSync(join(dir, "definitions.json"), JSON.stringify(definitions), { mode: 0o600 });
}

function environment(dir: string, ports: Ports, rabbit: Rabbit): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...rabbit.env,
    HOME: dir,
    // Bound to the data directory, so that the Mnesia data is found again whatever the ports are.
    RABBITMQ_NODENAME: "residents@localhost",
    RABBITMQ_MNESIA_BASE: join(dir, "mnesia"),
    RABBITMQ_LOG_BASE: join(dir, "log"),
    RABBITMQ_CONFIG_FILE: join(dir, "rabbitmq"),
    RABBITMQ_CONF_ENV_FILE: join(dir, "no-env-file.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, "enabled_plugins"),
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(ports.amqp),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_CRASH_DUMP: "/dev/null",
  };
}

async function ready(managementUrl: string, password: string, pid: number, log: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${USER}:${password}`).toString("base64")}`;
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline) {
    if (!isAlive(pid)) throw died(log);
    try {
      const response = await fetch(`${managementUrl}/api/vhosts/transporter`, {
        headers: { authorization },
        signal: AbortSignal.timeout(1_000),
      });
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await sleep(100);
  }
  throw new StartError(`RabbitMQ is not ready after ${READY_MS / 1000} s`, `see ${log}`);
}

function died(log: string): StartError {
  const tail = lastLines(log, 30);
  if (/enospc|no space/i.test(tail))
    return new StartError("RabbitMQ died: the disk is full", "free some space below DATA_DIR, then start again");
  return new StartError("RabbitMQ died at its start", `see ${log}`);
}

/** The Erlang VM syncs its quorum queues on SIGTERM; its epmd is ours alone and goes last. */
async function stopRabbit(pid: number, ports: Ports, rabbit: Rabbit, dir: string): Promise<void> {
  await stopProcess(pid, 12_000);
  await stopEpmd(ports.epmd, rabbit);
  writeFileSync(join(dir, "server.pid"), "");
}

async function stopEpmd(port: number, rabbit: Rabbit): Promise<void> {
  await runToEnd(rabbit.epmd, ["-port", String(port), "-kill"], {
    env: { ...process.env, ...rabbit.env, ERL_EPMD_ADDRESS: "127.0.0.1" },
  });
}

/** An earlier supervisor was killed and its RabbitMQ is still there: stop it in order; its queues are on disk. */
async function stopLeftOver(dir: string): Promise<void> {
  const file = join(dir, "server.pid");
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8").trim()) : 0;
  if (!pid || !isAlive(pid) || !readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("rabbit")) return;
  say(`RabbitMQ: stopping the one that an earlier start has left (pid ${pid})`);
  await stopProcess(pid, 20_000);
}
