/** MongoDB and RabbitMQ for a start: the ones that the settings name, or private ones of ours. */
import { mkdirSync, statfsSync } from "node:fs";
import { checkMongo } from "./mongo-check.ts";
import { startMongod } from "./mongod.ts";
import { checkRabbit } from "./rabbit-check.ts";
import { startRabbit } from "./rabbitmq.ts";
import { StartError, say } from "./say.ts";

export interface Servers {
  mongoUrl: string;
  amqpUrl: string;
  transporterUrl: string;
  managementUrl: string | null;
  pids: { mongod: number | null; rabbitmq: number | null };
  /** Stops what was started here. */
  stop: () => Promise<void>;
}

export interface ServersOptions {
  dataDir: string;
  binDir: string;
  ports: { mongo: number; amqp: number };
  /** Given from outside: used, and left running. */
  mongoUrl?: string | undefined;
  amqpUrl?: string | undefined;
  transporterUrl?: string | undefined;
  managementUrl?: string | undefined;
  forTests?: boolean;
}

const LEAST_FREE_BYTES = 300 * 1024 * 1024;

export async function startServers(options: ServersOptions): Promise<Servers> {
  mkdirSync(options.dataDir, { recursive: true });
  refuseFullDisk(options.dataDir);
  // Both at once: RabbitMQ needs 15 s, and MongoDB a second of them.
  const [mongo, rabbit] = await Promise.allSettled([mongoOf(options), rabbitOf(options)]);
  if (mongo.status === "fulfilled" && rabbit.status === "fulfilled") {
    const { pid: rabbitPid = null, stop: stopRabbit, ...urls } = rabbit.value;
    return {
      mongoUrl: mongo.value.url,
      ...urls,
      pids: { mongod: mongo.value.pid ?? null, rabbitmq: rabbitPid },
      stop: async () => void (await Promise.all([mongo.value.stop?.(), stopRabbit?.()])),
    };
  }
  await Promise.all(
    [mongo, rabbit].map((result) => (result.status === "fulfilled" ? result.value.stop?.() : undefined)),
  );
  throw mongo.status === "rejected" ? mongo.reason : (rabbit as PromiseRejectedResult).reason;
}

interface Mongo {
  url: string;
  pid?: number;
  stop?: () => Promise<void>;
}

async function mongoOf({ mongoUrl, dataDir, binDir, ports, forTests = false }: ServersOptions): Promise<Mongo> {
  if (!mongoUrl) return startMongod({ dataDir, binDir, port: ports.mongo, forTests });
  const { version, setName } = await checkMongo(mongoUrl);
  say(`MongoDB: ${version}, set ${setName ?? "behind mongos"}, given by MONGO_URL`);
  return { url: mongoUrl };
}

interface RabbitUrls {
  amqpUrl: string;
  transporterUrl: string;
  managementUrl: string | null;
  pid?: number;
  stop?: () => Promise<void>;
}

async function rabbitOf({
  amqpUrl,
  transporterUrl,
  managementUrl,
  dataDir,
  binDir,
  ports,
}: ServersOptions): Promise<RabbitUrls> {
  if (!amqpUrl) {
    const { url, transporterUrl, managementUrl, pid, stop } = await startRabbit({ dataDir, binDir, port: ports.amqp });
    return { amqpUrl: url, transporterUrl, managementUrl, pid, stop };
  }
  await checkRabbit(amqpUrl);
  if (transporterUrl && transporterUrl !== amqpUrl) await checkRabbit(transporterUrl, "TRANSPORTER_URL");
  say("RabbitMQ: given by AMQP_URL");
  return { amqpUrl, transporterUrl: transporterUrl ?? amqpUrl, managementUrl: managementUrl ?? null };
}

function refuseFullDisk(dir: string): void {
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize < LEAST_FREE_BYTES) {
    throw new StartError(
      `The disk is full: ${Math.floor((bavail * bsize) / 1024 / 1024)} MB are free below ${dir}, 300 MB are needed`,
      "free some space, or set DATA_DIR to another disk",
    );
  }
}
