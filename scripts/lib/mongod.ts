/** A private mongod: one-member replica set on loopback, data kept under the data directory. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MongoClient, MongoServerError } from "mongodb";
import { findMongod } from "./mongod-binary.ts";
import { freePort } from "./ports.ts";
import { isAlive, lastLines, startServer, stopProcess } from "./processes.ts";
import { StartError, say, seconds, sleep } from "./say.ts";

export interface RunningServer {
  url: string;
  pid: number;
  stop: () => Promise<void>;
}

export interface MongodOptions {
  dataDir: string;
  /** Where downloaded programs are kept. */
  binDir: string;
  /** First port to try. */
  port: number;
  /** Test commands (`failCommand`), and a smaller cache. */
  forTests?: boolean;
}

const READY_MS = 60_000;

export async function startMongod({
  dataDir,
  binDir,
  port: wanted,
  forTests = false,
}: MongodOptions): Promise<RunningServer> {
  const since = performance.now();
  const binary = await findMongod(binDir);
  const dbPath = join(dataDir, "mongo");
  mkdirSync(dbPath, { recursive: true });
  await stopLeftOver(dbPath);
  const port = await freePort(wanted);
  const log = join(dataDir, "mongod.log");
  const pid = spawnMongod({ binary, dbPath, port, log, cacheGb: forTests ? 0.5 : 1, forTests });
  const url = `mongodb://127.0.0.1:${port}/?replicaSet=rs0`;
  try {
    await primary(port, pid, log);
  } catch (error) {
    await stopProcess(pid);
    throw error;
  }
  say(`mongod: ready on port ${port}, ${seconds(since)} (${binary})`);
  return { url, pid, stop: async () => void (await stopProcess(pid)) };
}

export interface MongodSpec {
  binary: string;
  dbPath: string;
  port: number;
  /** stdout and stderr go there. */
  log: string;
  cacheGb: number;
  forTests: boolean;
  /** Further arguments. */
  extra?: readonly string[];
}

/**
 * By default the eviction thread starts at 2.5 % of the cache in updates, which a small cache has in half a minute; over many
 * small trees it evicts nothing then, 14,000 walks a second, and takes a third of mongod's processor time.
 */
const EVICTION = "eviction_updates_target=10,eviction_updates_trigger=20,eviction_dirty_target=10";

/** A member of the set `rs0`, on loopback. @returns its pid */
export function spawnMongod({ binary, dbPath, port, log, cacheGb, forTests, extra = [] }: MongodSpec): number {
  const args = ["--replSet", "rs0", "--bind_ip", "127.0.0.1", "--port", String(port), "--dbpath", dbPath];
  args.push(
    "--wiredTigerCacheSizeGB",
    String(cacheGb),
    "--wiredTigerEngineConfigString",
    EVICTION,
    "--quiet",
    ...extra,
  );
  if (forTests) args.push("--setParameter", "enableTestCommands=1");
  const { pid } = startServer({ file: binary, args, log });
  if (pid === undefined)
    throw new StartError(`mongod could not be started (${binary})`, "see its path and rights, or set MONGO_URL");
  return pid;
}

/** An earlier supervisor was killed and its mongod still holds the data: stop it in order, its journal keeps all. */
async function stopLeftOver(dbPath: string): Promise<void> {
  let pid = 0;
  try {
    pid = Number(readFileSync(join(dbPath, "mongod.lock"), "utf8").trim());
  } catch {
    return;
  }
  if (!pid || !isAlive(pid) || !isMongod(pid)) return;
  say(`mongod: stopping the one that an earlier start has left (pid ${pid})`);
  await stopProcess(pid, 20_000);
}

function isMongod(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("mongod");
  } catch {
    return false;
  }
}

/** Initiates the set at the first start; corrects its port when that has moved; waits for the primary. */
async function primary(port: number, pid: number, log: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  const host = `127.0.0.1:${port}`;
  while (performance.now() < deadline) {
    if (!isAlive(pid)) throw died(log);
    if (await isPrimary(host)) return;
    await sleep(100);
  }
  throw new StartError(`mongod has no primary after ${READY_MS / 1000} s`, `see ${log}`);
}

/** False as long as it does not answer. */
async function isPrimary(host: string): Promise<boolean> {
  // A client whose first connect failed stays closed for good (driver 7.9): a fresh one for every try.
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`, { serverSelectionTimeoutMS: 1_000 });
  try {
    return await ensurePrimary(client, host);
  } catch {
    return false;
  } finally {
    await client.close();
  }
}

async function ensurePrimary(client: MongoClient, host: string): Promise<boolean> {
  const admin = client.db("admin");
  const config = { _id: "rs0", members: [{ _id: 0, host }] };
  try {
    const { config: present } = await admin.command({ replSetGetConfig: 1 });
    if (present.members[0].host !== host) {
      await admin.command({
        replSetReconfig: { ...present, version: present.version + 1, members: [{ ...present.members[0], host }] },
        force: true,
      });
    }
  } catch (error) {
    const notYetInitialized = error instanceof MongoServerError && error.codeName === "NotYetInitialized";
    if (!notYetInitialized) throw error;
    await admin.command({ replSetInitiate: config });
  }
  const hello = await admin.command({ hello: 1 });
  return hello.isWritablePrimary === true;
}

function died(log: string): StartError {
  const tail = lastLines(log, 40);
  if (/No space left|disk.*full|errno.*28/i.test(tail))
    return new StartError("mongod died: the disk is full", "free some space below DATA_DIR, then start again");
  if (/incompatible|featureCompatibilityVersion/i.test(tail)) {
    return new StartError(
      "mongod died: its data was written by another version",
      "use the mongod that wrote it, or move the data directory away",
    );
  }
  const reason = /"msg":"([^"]+)","attr":\{"error":"([^"]+)"/.exec(tail);
  return new StartError(`mongod died at its start${reason ? ` (${reason[2]})` : ""}`, `see ${log}`);
}
