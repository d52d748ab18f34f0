/** MongoDB and RabbitMQ of a run: those that TEST_MONGO_URL and its kind name, or private ones whose data goes with them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { startServers } from "../../scripts/lib/servers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PORTS = { mongo: 29_117, amqp: 7_672 };

/** Puts their addresses into the environment. @returns how to end them, and what they are */
export async function startBenchServers(): Promise<() => Promise<void>> {
  const { TEST_MONGO_URL, TEST_AMQP_URL, TEST_MANAGEMENT_URL } = process.env;
  if (TEST_MONGO_URL && TEST_AMQP_URL && TEST_MANAGEMENT_URL) return async () => {};
  const dataDir = mkdtempSync(join(tmpdir(), "residents-bench-"));
  const discard = (): void => rmSync(dataDir, { recursive: true, force: true });
  try {
    const servers = await startServers({ dataDir, binDir: join(root, ".data", "bin"), ports: PORTS });
    process.env.TEST_MONGO_URL = servers.mongoUrl;
    process.env.TEST_AMQP_URL = servers.amqpUrl;
    process.env.TEST_MANAGEMENT_URL = new URL(servers.managementUrl as string).origin;
    return () => servers.stop().finally(discard);
  } catch (error) {
    discard();
    throw error;
  }
}

/** For the report. */
export async function serverVersions(): Promise<Record<string, string>> {
  const { TEST_MONGO_URL, TEST_AMQP_URL, TEST_MANAGEMENT_URL } = process.env as Record<string, string>;
  const client = new MongoClient(TEST_MONGO_URL as string);
  const { version: mongodb } = await client.db("admin").command({ buildInfo: 1 });
  await client.close();
  const { username, password } = new URL(TEST_AMQP_URL as string);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const answer = await fetch(new URL("/api/overview", TEST_MANAGEMENT_URL), { headers: { authorization } });
  const { rabbitmq_version, erlang_version } = (await answer.json()) as Record<string, string>;
  return { mongodb, rabbitmq: String(rabbitmq_version), erlang: String(erlang_version) };
}
