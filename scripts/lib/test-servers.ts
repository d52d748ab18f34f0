/** Servers of the tests: own ports and data, side by side with a running `npm start`. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isAlive } from "./processes.ts";
import { startServers } from "./servers.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const dataDir = join(root, ".data", "test");
const file = join(dataDir, "run.json");

export interface TestServersFile {
  mongoUrl: string;
  amqpUrl: string;
  managementUrl: string;
  /** Process that keeps them. */
  pid: number;
}

export interface TestServers extends TestServersFile {
  stop: () => Promise<void>;
}

/** Those that `npm run test:servers` keeps, or fresh ones. */
export async function startTestServers(): Promise<TestServers> {
  const kept = readKept();
  if (kept) return { ...kept, stop: async () => {} };
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  const servers = await startServers({
    dataDir,
    binDir: join(root, ".data", "bin"),
    ports: { mongo: 27_117, amqp: 5_772 },
    forTests: true,
  });
  const facts: TestServersFile = {
    mongoUrl: servers.mongoUrl,
    amqpUrl: servers.amqpUrl,
    managementUrl: withoutLogin(servers.managementUrl as string),
    pid: process.pid,
  };
  writeFileSync(file, JSON.stringify(facts), { mode: 0o600 });
  const stop = async (): Promise<void> => {
    rmSync(file, { force: true });
    await servers.stop();
  };
  return { ...facts, stop };
}

function readKept(): TestServersFile | undefined {
  try {
    const facts = JSON.parse(readFileSync(file, "utf8")) as TestServersFile;
    return isAlive(facts.pid) ? facts : undefined;
  } catch {
    return undefined;
  }
}

function withoutLogin(text: string): string {
  const url = new URL(text);
  url.username = "";
  url.password = "";
  return url.origin;
}
