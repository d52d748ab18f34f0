/** One RabbitMQ node on loopback: its files, its environment, its start, and `rabbitmqctl` for it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, lastLines, runToEnd, startServer } from "./processes.ts";
import type { Rabbit } from "./rabbitmq-binary.ts";
import { StartError, sleep } from "./say.ts";

export interface RabbitPorts {
  amqp: number;
  management: number;
  distribution: number;
  epmd: number;
}

export interface RabbitNodeSpec {
  rabbit: Rabbit;
  /** Configuration, definitions, data and, as the node's HOME, its cookie. */
  dir: string;
  /** stdout and stderr go there. */
  log: string;
  /** As Erlang has it: `residents@localhost`. */
  name: string;
  ports: RabbitPorts;
  password: string;
  /** Lines for rabbitmq.conf beside the usual ones. */
  settings?: readonly string[];
}

export const RABBIT_USER = "residents";
const READY_MS = 120_000;

/** Writes the node's files; an earlier start's are replaced, its data stays. */
export function writeRabbitFiles({ dir, ports, password, settings = [] }: RabbitNodeSpec): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    "management.tcp.ip = 127.0.0.1",
    `management.tcp.port = ${ports.management}`,
    `load_definitions = ${join(dir, "definitions.json")}`,
    "vm_memory_high_watermark.relative = 0.4",
    "disk_free_limit.absolute = 200MB",
    "log.console = true",
    "log.console.level = warning",
    "log.file = false",
    ...settings,
  ];
  writeFileSync(join(dir, "rabbitmq.conf"), `${lines.join("\n")}\n`);
  writeFileSync(join(dir, "enabled_plugins"), "[rabbitmq_management].\n");
  const vhosts = ["events", "transporter"];
  const permissions = vhosts.map((vhost) => ({ user: RABBIT_USER, vhost, configure: ".*", write: ".*", read: ".*" }));
  const users = [{ name: RABBIT_USER, password, tags: "administrator" }];
  const definitions = { users, vhosts: vhosts.map((name) => ({ name })), permissions };
  writeFileSync(join(dir, "definitions.json"), JSON.stringify(definitions), { mode: 0o600 });
}

/** @returns pid of the start script, which leads the node's process group and ends with the node */
export function spawnRabbit(spec: RabbitNodeSpec): number {
  const { rabbit, log } = spec;
  const { pid } = startServer({ file: rabbit.server, args: [], env: environment(spec), log });
  if (pid === undefined)
    throw new StartError(`RabbitMQ could not be started (${rabbit.server})`, "set AMQP_URL to a running one");
  return pid;
}

/** Waits until the vhosts answer. */
export async function rabbitReady({ ports, password, log }: RabbitNodeSpec, pid: number): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${RABBIT_USER}:${password}`).toString("base64")}`;
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline) {
    if (!isAlive(pid)) throw died(log);
    try {
      const response = await fetch(`http://127.0.0.1:${ports.management}/api/vhosts/transporter`, {
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

/** @throws Error with what `rabbitmqctl` said */
export async function rabbitmqctl(spec: RabbitNodeSpec, args: readonly string[]): Promise<string> {
  const file = spec.rabbit.server.replace(/rabbitmq-server$/, "rabbitmqctl");
  const { code, output } = await runToEnd(file, ["-n", spec.name, ...args], { env: environment(spec) });
  if (code !== 0) throw new Error(`rabbitmqctl ${args.join(" ")}: ${output.trim()}`);
  return output;
}

export async function stopEpmd({ rabbit, ports }: Pick<RabbitNodeSpec, "rabbit" | "ports">): Promise<void> {
  await runToEnd(rabbit.epmd, ["-port", String(ports.epmd), "-kill"], {
    env: { ...process.env, ...rabbit.env, ERL_EPMD_ADDRESS: "127.0.0.1" },
  });
}

function environment({ rabbit, dir, name, ports }: RabbitNodeSpec): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...rabbit.env,
    HOME: dir,
    // Bound to the data directory, so that the Mnesia data is found again whatever the ports are.
    RABBITMQ_NODENAME: name,
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

function died(log: string): StartError {
  const tail = lastLines(log, 30);
  if (/enospc|no space/i.test(tail))
    return new StartError("RabbitMQ died: the disk is full", "free some space below DATA_DIR, then start again");
  return new StartError("RabbitMQ died at its start", `see ${log}`);
}
