/**
 * A peer: Debezium Server with its MongoDB connector, outbox router and RabbitMQ sink, tuned for low latency. Left out,
 * with a word why, where Java or Maven is missing. It sleeps (SIGSTOP) while others are measured: its open change stream
 * would cost them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Db } from "mongodb";
import type { OutboxRow } from "../../mixins/outbox/row.ts";
import { freePort } from "../../scripts/lib/ports.ts";
import { runToEnd, stopProcess, which } from "../../scripts/lib/processes.ts";
import { say, sleep } from "../../scripts/lib/say.ts";
import { child } from "./children.ts";
import type { Lab } from "./lab.ts";
import type { BenchOptions } from "./options.ts";
import { outboxRows } from "./rows.ts";

const VERSION = "2.7.3.Final";
const ARTIFACT = `io.debezium:debezium-server-dist:${VERSION}:tar.gz`;
const BIN = fileURLToPath(new URL("../../.data/bin", import.meta.url));

/** Database whose outbox it reads, and name of its exchange. */
export const DEBEZIUM = "debezium";
export const DEBEZIUM_QUEUE = `${DEBEZIUM}.q`;

export interface DebeziumPeer {
  runs: boolean;
  notes: readonly string[];
  /** Measures while it is awake and has caught up. */
  awake<T>(measure: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function debeziumPeer({ debezium }: BenchOptions, lab: Lab): Promise<DebeziumPeer> {
  const absent = (why: string): DebeziumPeer => {
    const notes = [`Debezium Server ${VERSION} was left out: ${why}.`];
    return { runs: false, notes, awake: (measure) => measure(), close: async () => {} };
  };
  if (!debezium) return absent("--no-debezium");
  for (const program of ["java", "mvn", "tar"]) if (!which(program)) return absent(`there is no ${program} here`);
  try {
    return await start(lab, await unpacked());
  } catch (error) {
    return absent((error as Error).message.split("\n", 1)[0] as string);
  }
}

/** Fetched by Maven and kept. @returns its folder */
async function unpacked(): Promise<string> {
  const home = join(BIN, `debezium-server-${VERSION}`);
  const folder = join(home, "debezium-server");
  if (existsSync(join(folder, "run.sh"))) return folder;
  say(`Debezium Server ${VERSION}: fetching it (450 MB) by Maven`);
  mkdirSync(home, { recursive: true });
  const copy = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";
  await succeed("mvn", ["-q", "-B", copy, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${home}`]);
  const archive = join(home, `debezium-server-dist-${VERSION}.tar.gz`);
  await succeed("tar", ["xzf", archive, "-C", home]);
  rmSync(archive);
  return folder;
}

async function succeed(program: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runToEnd(program, args);
  if (code !== 0) throw new Error(`${program} failed: ${output.trim().split("\n", 1)[0]}`);
}

async function start(lab: Lab, home: string): Promise<DebeziumPeer> {
  const db = await lab.bare(DEBEZIUM);
  const exchange = `${DEBEZIUM}.events`;
  await lab.channel.assertExchange(exchange, "topic", { durable: true });
  await lab.channel.assertQueue(DEBEZIUM_QUEUE, { durable: true, arguments: { "x-queue-type": "quorum" } });
  await lab.channel.bindQueue(DEBEZIUM_QUEUE, exchange, "#");
  const folder = mkdtempSync(join(tmpdir(), "residents-debezium-"));
  const server = await spawnServer(home, folder, settings(lab, db.databaseName, exchange, folder));
  const stop = child(async () => {
    server.kill("SIGCONT");
    if (server.exitCode === null) {
      const exited = once(server, "exit");
      await stopProcess(server.pid as number, 5_000);
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    await caughtUp(lab, db, server);
  } catch (error) {
    await stop();
    throw error;
  }
  server.kill("SIGSTOP");
  return {
    runs: true,
    notes: [],
    awake: async (measure) => {
      server.kill("SIGCONT");
      await caughtUp(lab, db, server);
      return measure().finally(() => server.kill("SIGSTOP"));
    },
    close: async () => void (await stop()),
  };
}

/** A row has come through: it is up, and has read all that came before. Rows from before its start are not its matter. */
async function caughtUp({ channel }: Lab, db: Db, server: ChildProcess): Promise<void> {
  const outbox = db.collection<OutboxRow>("outbox");
  const deadline = performance.now() + 60_000;
  while ((await channel.checkQueue(DEBEZIUM_QUEUE)).messageCount === 0) {
    if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}`);
    if (performance.now() > deadline) throw new Error("it published nothing within a minute");
    await outbox.insertMany(outboxRows(1));
    await sleep(500);
  }
  await outbox.deleteMany({});
  await sleep(500);
  await channel.purgeQueue(DEBEZIUM_QUEUE);
}

async function spawnServer(home: string, folder: string, config: string): Promise<ChildProcess> {
  mkdirSync(join(folder, "config"));
  writeFileSync(join(folder, "config", "application.properties"), config);
  const out = openSync(join(folder, "log"), "a", 0o600);
  const runner = `debezium-server-dist-${VERSION}-runner.jar`;
  const classes = [join(home, runner), join(folder, "config"), join(home, "lib", "*")].join(delimiter);
  const port = await freePort(25_000);
  const args = [
    `-Dquarkus.http.host=127.0.0.1`,
    `-Dquarkus.http.port=${port}`,
    "-cp",
    classes,
    "io.debezium.server.Main",
  ];
  return spawn("java", args, { cwd: folder, stdio: ["ignore", out, out] });
}

/** Polls every 5 ms, up to 2,048 events a batch, persistent and confirmed. */
function settings({ world }: Lab, database: string, exchange: string, folder: string): string {
  const amqp = new URL(world.env.AMQP_URL);
  const sink = "debezium.sink.rabbitmq";
  const router = "debezium.transforms.outbox";
  const lines = {
    "debezium.sink.type": "rabbitmq",
    [`${sink}.connection.host`]: amqp.hostname,
    [`${sink}.connection.port`]: amqp.port,
    [`${sink}.connection.username`]: amqp.username,
    [`${sink}.connection.password`]: amqp.password,
    [`${sink}.connection.virtual.host`]: decodeURIComponent(amqp.pathname.slice(1)),
    [`${sink}.connection.connection.requested.heartbeat`]: 0,
    [`${sink}.exchange`]: exchange,
    [`${sink}.routingKeyFromTopicName`]: true,
    [`${sink}.deliveryMode`]: 2,
    [`${sink}.ackTimeout`]: 30_000,
    "debezium.format.value": "simplestring",
    "debezium.format.key": "simplestring",
    "debezium.source.connector.class": "io.debezium.connector.mongodb.MongoDbConnector",
    "debezium.source.mongodb.connection.string": world.env.MONGO_URL,
    "debezium.source.topic.prefix": "bench",
    "debezium.source.collection.include.list": `${database}.outbox`,
    "debezium.source.capture.scope": "database",
    "debezium.source.capture.target": database,
    "debezium.source.capture.mode": "change_streams",
    "debezium.source.snapshot.mode": "never",
    "debezium.source.skipped.operations": "u,d,t",
    "debezium.source.tombstones.on.delete": false,
    "debezium.source.poll.interval.ms": 5,
    "debezium.source.max.batch.size": 2_048,
    "debezium.source.max.queue.size": 8_192,
    "debezium.source.offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
    "debezium.source.offset.storage.file.filename": join(folder, "offsets"),
    "debezium.source.offset.flush.interval.ms": 1_000,
    "debezium.transforms": "outbox",
    [`${router}.type`]: "io.debezium.connector.mongodb.transforms.outbox.MongoEventRouter",
    [`${router}.collection.field.event.id`]: "_id",
    [`${router}.collection.field.event.key`]: "eventId",
    [`${router}.collection.field.event.payload`]: "body",
    [`${router}.route.by.field`]: "eventType",
    [`${router}.route.topic.regex`]: "(.*)",
    [`${router}.route.topic.replacement`]: "$1",
    "quarkus.log.console.json": false,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}
