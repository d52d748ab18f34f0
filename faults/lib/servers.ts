/** MongoDB and RabbitMQ of a run: own ports, own data below the system's temporary directory; made to be broken. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMongod } from "../../scripts/lib/mongod.ts";
import { isAlive, stopProcess } from "../../scripts/lib/processes.ts";
import { startRabbit } from "../../scripts/lib/rabbitmq.ts";
import { rabbitmqctl, rabbitReady, spawnRabbit, stopEpmd } from "../../scripts/lib/rabbitmq-node.ts";
import { ROOT } from "./root.ts";
import { signal } from "./signals.ts";
import { until } from "./wait.ts";

/** A server that can be killed, hung and started again with the same port and data. */
export interface Breakable {
  readonly url: string;
  readonly pid: number;
  /** SIGKILL; resolves when it is dead. */
  kill(): Promise<void>;
  /** SIGSTOP: it hangs, its sockets stay open. */
  hang(): void;
  /** SIGCONT. */
  wake(): void;
  /** After `kill`: the same port and data; resolves when it is ready. */
  start(): Promise<void>;
}

export interface FaultServers {
  readonly dataDir: string;
  readonly mongo: Breakable;
  readonly rabbit: Breakable & { readonly managementUrl: string; control(...args: string[]): Promise<string> };
  /** Ends both and deletes their data, unless it shall be kept. */
  stop(keep?: boolean): Promise<void>;
}

export const BIN_DIR = join(ROOT, ".data", "bin");
const PORTS = { mongo: 28_117, amqp: 6_672 };
/** How old a figure may be when it is sampled; the default is 5 s. The samples themselves are 5 s apart all the same. */
const RABBIT_SETTINGS = ["collect_statistics_interval = 500"];

export async function startFaultServers(): Promise<FaultServers> {
  const dataDir = mkdtempSync(join(tmpdir(), "residents-faults-"));
  const started = await Promise.allSettled([breakableMongo(dataDir), breakableRabbit(dataDir)]);
  const stop = async (keep = false): Promise<void> => {
    await Promise.all(started.map((one) => (one.status === "fulfilled" ? one.value.end() : undefined)));
    if (!keep) rmSync(dataDir, { recursive: true, force: true });
  };
  const [mongo, rabbit] = started;
  if (mongo.status === "fulfilled" && rabbit.status === "fulfilled")
    return { dataDir, mongo: mongo.value, rabbit: rabbit.value, stop };
  await stop();
  throw mongo.status === "rejected" ? mongo.reason : (rabbit as PromiseRejectedResult).reason;
}

/** What `test/support` makes worlds on. */
export function pointTestsTo({ mongo, rabbit }: FaultServers): void {
  process.env.TEST_MONGO_URL = mongo.url;
  process.env.TEST_AMQP_URL = rabbit.url;
  process.env.TEST_MANAGEMENT_URL = new URL(rabbit.managementUrl).origin;
}

async function breakableMongo(dataDir: string): Promise<Breakable & { end(): Promise<void> }> {
  let server = await startMongod({ dataDir, binDir: BIN_DIR, port: PORTS.mongo, forTests: true });
  const { url } = server;
  const port = Number(new URL(url).port);
  return {
    url,
    get pid() {
      return server.pid;
    },
    kill: async () => void (await stopProcess(server.pid, 10_000, "SIGKILL")),
    hang: () => signal(server.pid, "SIGSTOP"),
    wake: () => signal(server.pid, "SIGCONT"),
    start: async () => {
      server = await startMongod({ dataDir, binDir: BIN_DIR, port, forTests: true });
      if (server.url !== url) throw new Error(`mongod came back at ${server.url}, not at ${url}.`);
    },
    end: async () => {
      signal(server.pid, "SIGCONT");
      await server.stop();
    },
  };
}

type RabbitOf = FaultServers["rabbit"] & { end(): Promise<void> };

async function breakableRabbit(dataDir: string): Promise<RabbitOf> {
  const { url, managementUrl, spec, ...started } = await startRabbit({
    dataDir,
    binDir: BIN_DIR,
    port: PORTS.amqp,
    settings: RABBIT_SETTINGS,
  });
  let { pid } = started;
  return {
    url,
    managementUrl,
    get pid() {
      return pid;
    },
    kill: async () => {
      // The start script leads the group that the Erlang VM is in; epmd is not, and stays.
      signal(-pid, "SIGKILL");
      await until("the end of RabbitMQ", 10_000, () => !isAlive(pid), 10);
    },
    hang: () => signal(-pid, "SIGSTOP"),
    wake: () => signal(-pid, "SIGCONT"),
    start: async () => {
      pid = spawnRabbit(spec);
      await rabbitReady(spec, pid);
    },
    control: (...args) => rabbitmqctl(spec, args),
    end: async () => {
      signal(-pid, "SIGCONT");
      await stopProcess(pid, 12_000);
      await stopEpmd(spec);
    },
  };
}
