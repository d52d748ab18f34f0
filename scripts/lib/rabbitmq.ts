/** A private RabbitMQ node: own name, cookie, ports and data below the data directory, loopback only. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningServer } from "./mongod.ts";
import { freePort } from "./ports.ts";
import { isAlive, stopProcess } from "./processes.ts";
import { findRabbit } from "./rabbitmq-binary.ts";
import {
  RABBIT_USER,
  type RabbitNodeSpec,
  type RabbitPorts,
  rabbitReady,
  spawnRabbit,
  stopEpmd,
  writeRabbitFiles,
} from "./rabbitmq-node.ts";
import { say, seconds } from "./say.ts";

export interface RunningRabbit extends RunningServer {
  /** vhost `transporter`: whoever can write there can call any action. */
  transporterUrl: string;
  managementUrl: string;
  /** For `rabbitmqctl`, and for a start on the same data again. */
  spec: RabbitNodeSpec;
}

export interface RabbitOptions {
  dataDir: string;
  /** Where unpacked programs are kept. */
  binDir: string;
  /** First ports to try: AMQP; management and the others follow from it. */
  port: number;
  /** Lines for rabbitmq.conf beside the usual ones. */
  settings?: readonly string[];
}

export async function startRabbit({
  dataDir: base,
  binDir,
  port,
  settings = [],
}: RabbitOptions): Promise<RunningRabbit> {
  const since = performance.now();
  const rabbit = await findRabbit(binDir);
  const dir = join(base, "rabbitmq");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  await stopLeftOver(dir);
  const ports = await freeRabbitPorts(port);
  const password = secret(dir);
  const log = join(base, "rabbitmq.log");
  const spec: RabbitNodeSpec = { rabbit, dir, log, name: "residents@localhost", ports, password, settings };
  writeRabbitFiles(spec);
  say("RabbitMQ: starting (about 15 s)");
  const pid = spawnRabbit(spec);
  writeFileSync(join(dir, "server.pid"), String(pid));
  const stop = (): Promise<void> => stopRabbit(spec, pid);
  try {
    await rabbitReady(spec, pid);
  } catch (error) {
    await stop();
    throw error;
  }
  say(`RabbitMQ: ready on port ${ports.amqp}, ${seconds(since)}`);
  const url = `amqp://${RABBIT_USER}:${password}@127.0.0.1:${ports.amqp}`;
  return {
    url: `${url}/events`,
    transporterUrl: `${url}/transporter`,
    managementUrl: `http://${RABBIT_USER}:${password}@127.0.0.1:${ports.management}`,
    spec,
    pid,
    stop,
  };
}

async function freeRabbitPorts(port: number): Promise<RabbitPorts> {
  const amqp = await freePort(port);
  const management = await freePort(port + 10_000, [amqp]);
  const distribution = await freePort(port + 20_000, [amqp, management]);
  return { amqp, management, distribution, epmd: await freePort(port - 1_300, [amqp, management, distribution]) };
}

/** One password a data directory, made at the first start. */
function secret(dir: string): string {
  const file = join(dir, "password");
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}

/** The Erlang VM syncs its quorum queues on SIGTERM; its epmd is ours alone and goes last. */
async function stopRabbit(spec: RabbitNodeSpec, pid: number): Promise<void> {
  await stopProcess(pid, 12_000);
  await stopEpmd(spec);
  writeFileSync(join(spec.dir, "server.pid"), "");
}

/** An earlier supervisor was killed and its RabbitMQ is still there: stop it in order; its queues are on disk. */
async function stopLeftOver(dir: string): Promise<void> {
  const file = join(dir, "server.pid");
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8").trim()) : 0;
  if (!pid || !isAlive(pid) || !readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("rabbit")) return;
  say(`RabbitMQ: stopping the one that an earlier start has left (pid ${pid})`);
  await stopProcess(pid, 20_000);
}
