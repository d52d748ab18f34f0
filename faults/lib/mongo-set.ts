/** A MongoDB replica set of several members on loopback, each of which can be killed, stopped and started again. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { type MongodSpec, spawnMongod } from "../../scripts/lib/mongod.ts";
import { findMongod } from "../../scripts/lib/mongod-binary.ts";
import { freePort } from "../../scripts/lib/ports.ts";
import { isAlive, stopProcess } from "../../scripts/lib/processes.ts";
import { StartError, sleep } from "../../scripts/lib/say.ts";

export interface MongoSetOptions {
  /** Its members' data and logs. */
  dataDir: string;
  /** Where downloaded programs are kept. */
  binDir: string;
  members?: number;
  /** Further arguments of each mongod. */
  extra?: readonly string[];
}

const READY_MS = 60_000;
/**
 * As docs/deployment.md advises. With MongoDB's defaults (10 s each, and a catch-up that waits for the hung member as
 * well) a set whose primary hangs has no new one for 20 s and more.
 */
const SETTINGS = { electionTimeoutMillis: 5_000, heartbeatTimeoutSecs: 5, catchUpTimeoutMillis: 2_000 };

/** One mongod of the set. Its data stays over a kill. */
export class MongoMember {
  readonly spec: MongodSpec;
  #pid = 0;
  constructor(spec: MongodSpec) {
    this.spec = spec;
  }

  get host(): string {
    return `127.0.0.1:${this.spec.port}`;
  }
  get pid(): number {
    return this.#pid;
  }

  start(): void {
    if (!isAlive(this.#pid) || this.#pid === 0) this.#pid = spawnMongod(this.spec);
  }
  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#pid !== 0) await stopProcess(this.#pid, 5_000, "SIGKILL");
  }
  /** SIGSTOP: it lives, keeps its connections, and says nothing. */
  hang(): void {
    process.kill(this.#pid, "SIGSTOP");
  }
  wake(): void {
    process.kill(this.#pid, "SIGCONT");
  }

  /** Asks this very member. */
  async ask<T>(work: (client: MongoClient) => Promise<T>): Promise<T> {
    const client = new MongoClient(`mongodb://${this.host}/?directConnection=true`, {
      serverSelectionTimeoutMS: 1_000,
      connectTimeoutMS: 1_000,
      socketTimeoutMS: 20_000,
    });
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  isPrimary(): Promise<boolean> {
    return this.ask(
      async (client) => (await client.db("admin").command({ hello: 1 })).isWritablePrimary === true,
    ).catch(() => false);
  }
}

export class MongoSet {
  readonly members: readonly MongoMember[];
  private constructor(members: readonly MongoMember[]) {
    this.members = members;
  }

  /** Resolves when there is a primary and every other member follows it. */
  static async start({ dataDir, binDir, members: count = 3, extra = [] }: MongoSetOptions): Promise<MongoSet> {
    const binary = await findMongod(binDir);
    const taken: number[] = [];
    for (let at = 0; at < count; at++) taken.push(await freePort(27_300, taken));
    const set = new MongoSet(
      taken.map((port, at) => {
        const dbPath = join(dataDir, `mongo-${at}`);
        mkdirSync(dbPath, { recursive: true });
        const log = join(dataDir, `mongo-${at}.log`);
        return new MongoMember({ binary, dbPath, port, log, cacheGb: 0.25, forTests: true, extra });
      }),
    );
    try {
      for (const member of set.members) member.start();
      await set.#initiate();
      await set.healthy();
    } catch (error) {
      await set.stop();
      throw error;
    }
    return set;
  }

  get url(): string {
    return `mongodb://${this.members.map(({ host }) => host).join(",")}/?replicaSet=rs0`;
  }

  async primary(deadlineMs = READY_MS): Promise<MongoMember> {
    const deadline = performance.now() + deadlineMs;
    while (performance.now() < deadline) {
      const answers = await Promise.all(this.members.map((member) => member.isPrimary()));
      const found = this.members[answers.indexOf(true)];
      if (found) return found;
      await sleep(50);
    }
    throw new StartError(`The replica set has no primary after ${deadlineMs / 1000} s`, "see its logs");
  }

  /** The primary gives its office up, and does not stand for it again for a minute. */
  async stepDown(): Promise<void> {
    const primary = await this.primary();
    await primary.ask((client) => client.db("admin").command({ replSetStepDown: 60, secondaryCatchUpPeriodSecs: 10 }));
  }

  /** Waits for a primary with all others as its secondaries. */
  async healthy(): Promise<void> {
    const deadline = performance.now() + READY_MS;
    while (performance.now() < deadline) {
      const primary = await this.primary();
      const status = await primary
        .ask((client) => client.db("admin").command({ replSetGetStatus: 1 }))
        .catch(() => ({ members: [] }));
      const states = (status.members as { stateStr: string }[]).map(({ stateStr }) => stateStr);
      const wanted = this.members.length - 1;
      if (states.filter((state) => state === "SECONDARY").length === wanted && states.includes("PRIMARY")) return;
      await sleep(100);
    }
    throw new StartError(`The replica set is not complete after ${READY_MS / 1000} s`, "see its logs");
  }

  /** An orderly stop would wait for its clients, and nobody needs the data any more. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
  }

  async #initiate(): Promise<void> {
    const members = this.members.map(({ host }, _id) => ({ _id, host }));
    const config = { _id: "rs0", members, settings: SETTINGS };
    const deadline = performance.now() + READY_MS;
    const [first] = this.members;
    for (;;) {
      try {
        await first?.ask((client) => client.db("admin").command({ replSetInitiate: config }));
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await sleep(200);
      }
    }
  }
}
