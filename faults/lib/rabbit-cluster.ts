/** A RabbitMQ cluster of three nodes on loopback: own epmd, one cookie, quorum queues with a member on every node. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../scripts/lib/ports.ts";
import { isAlive } from "../../scripts/lib/processes.ts";
import { findRabbit } from "../../scripts/lib/rabbitmq-binary.ts";
import {
  RABBIT_USER,
  type RabbitNodeSpec,
  rabbitmqctl,
  rabbitReady,
  spawnRabbit,
  stopEpmd,
  writeRabbitFiles,
} from "../../scripts/lib/rabbitmq-node.ts";
import { StartError, sleep } from "../../scripts/lib/say.ts";

export interface RabbitClusterOptions {
  dataDir: string;
  /** Where unpacked programs are kept. */
  binDir: string;
  nodes?: number;
}

const READY_MS = 120_000;

export class RabbitNode {
  readonly spec: RabbitNodeSpec;
  #pid = 0;
  constructor(spec: RabbitNodeSpec) {
    this.spec = spec;
  }

  get target(): { host: string; port: number } {
    return { host: "127.0.0.1", port: this.spec.ports.amqp };
  }

  /** Resolves when its management answers. */
  async start(): Promise<void> {
    this.#pid = spawnRabbit(this.spec);
    await rabbitReady(this.spec, this.#pid);
  }
  /** SIGKILL of the start script and of the Erlang VM. */
  async kill(): Promise<void> {
    if (this.#pid === 0) return;
    this.#signal("SIGKILL");
    while (isAlive(this.#pid)) await sleep(10);
  }
  /** SIGSTOP: it lives, keeps its connections, and says nothing. */
  hang(): void {
    this.#signal("SIGSTOP");
  }
  wake(): void {
    this.#signal("SIGCONT");
  }

  ctl(...args: string[]): Promise<string> {
    return rabbitmqctl(this.spec, args);
  }

  /** The management API of this node. */
  async api<T>(path: string): Promise<T> {
    const { ports, password } = this.spec;
    const authorization = `Basic ${Buffer.from(`${RABBIT_USER}:${password}`).toString("base64")}`;
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(`http://127.0.0.1:${ports.management}/api${path}`, {
      headers: { authorization },
      signal,
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }

  /** The whole process group: Erlang's VM is a child of the start script. */
  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.#pid, signal);
    } catch {
      // Gone already.
    }
  }
}

export class RabbitCluster {
  readonly nodes: readonly RabbitNode[];
  private constructor(nodes: readonly RabbitNode[]) {
    this.nodes = nodes;
  }

  static async start({ dataDir, binDir, nodes: count = 3 }: RabbitClusterOptions): Promise<RabbitCluster> {
    const cluster = new RabbitCluster(await specs(dataDir, binDir, count));
    const [first, ...others] = cluster.nodes;
    try {
      // The others find the cluster that the first one is.
      await first?.start();
      await Promise.all(others.map((node) => node.start()));
      await cluster.healthy();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Of the first node; `TcpProxy.to(cluster.targets)` is a load balancer before all of them. */
  get url(): string {
    const { password, ports } = (this.nodes[0] as RabbitNode).spec;
    return `amqp://${RABBIT_USER}:${password}@127.0.0.1:${ports.amqp}`;
  }
  get targets(): { host: string; port: number }[] {
    return this.nodes.map(({ target }) => target);
  }
  get managementTargets(): { host: string; port: number }[] {
    return this.nodes.map(({ spec }) => ({ host: "127.0.0.1", port: spec.ports.management }));
  }

  /** The node that leads a quorum queue, as a node that lives tells it. */
  async leaderOf(vhost: string, queue: string): Promise<RabbitNode> {
    const path = `/queues/${encodeURIComponent(vhost)}/${encodeURIComponent(queue)}`;
    const { leader } = await (await this.#living()).api<{ leader: string }>(path);
    const node = this.nodes.find(({ spec }) => spec.name === leader);
    if (!node) throw new Error(`${queue} is led by ${leader}, which is none of ours`);
    return node;
  }

  /** Waits until every node runs and knows all others. */
  async healthy(): Promise<void> {
    const deadline = performance.now() + READY_MS;
    while (performance.now() < deadline) {
      const running = await (await this.#living())
        .api<{ running: boolean }[]>("/nodes")
        .then((nodes) => nodes.filter((node) => node.running).length)
        .catch(() => 0);
      if (running === this.nodes.length) return;
      await sleep(200);
    }
    throw new StartError(`The RabbitMQ cluster is not complete after ${READY_MS / 1000} s`, "see its logs");
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    if (this.nodes[0]) await stopEpmd(this.nodes[0].spec);
  }

  async #living(): Promise<RabbitNode> {
    for (const node of this.nodes) {
      const answers = await node.api("/overview").then(
        () => true,
        () => false,
      );
      if (answers) return node;
    }
    throw new Error("No node of the cluster answers.");
  }
}

async function specs(dataDir: string, binDir: string, count: number): Promise<RabbitNode[]> {
  const rabbit = await findRabbit(binDir);
  const password = randomBytes(18).toString("hex");
  const cookie = randomBytes(20).toString("hex").toUpperCase();
  const epmd = await freePort(4_500);
  const names = Array.from({ length: count }, (_, at) => `residents-${at}@localhost`);
  const settings = [
    "collect_statistics_interval = 500",
    "cluster_formation.peer_discovery_backend = classic_config",
    ...names.map((name, at) => `cluster_formation.classic_config.nodes.${at + 1} = ${name}`),
  ];
  const taken: number[] = [epmd];
  const free = async (wanted: number): Promise<number> => {
    const port = await freePort(wanted, taken);
    taken.push(port);
    return port;
  };
  const nodes: RabbitNode[] = [];
  for (const [at, name] of names.entries()) {
    const dir = join(dataDir, `rabbitmq-${at}`);
    const ports = {
      amqp: await free(5_850),
      management: await free(15_850),
      distribution: await free(25_850),
      epmd,
    };
    const spec = { rabbit, dir, log: join(dataDir, `rabbitmq-${at}.log`), name, ports, password, settings };
    writeRabbitFiles(spec);
    writeCookie(dir, cookie);
    nodes.push(new RabbitNode(spec));
  }
  return nodes;
}

function writeCookie(dir: string, cookie: string): void {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, ".erlang.cookie");
  writeFileSync(file, cookie);
  chmodSync(file, 0o400);
}
