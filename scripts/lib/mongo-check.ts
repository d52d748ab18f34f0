/** Is a MongoDB fit for us? The verdict is pure; the asking is apart. */
import { MongoClient, MongoServerError } from "mongodb";
import { StartError, sleep, warn } from "./say.ts";

export interface MongoFacts {
  version: string;
  setName: string | undefined;
  isMongos: boolean;
}

export type Verdict = { ok: true; warning?: string } | { ok: false; reason: string; remedy: string };

/** Pure. Needs a replica set (transactions, change streams) of MongoDB 6.0 or later; production wants 7.0.32 or 8.0.21. */
export function mongoVerdict({ version, setName, isMongos }: MongoFacts): Verdict {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  if (major < 6)
    return { ok: false, reason: `MongoDB ${version} is too old`, remedy: "use MongoDB 7.0.32, 8.0.21 or later" };
  if (!setName && !isMongos) {
    return {
      ok: false,
      reason: "MongoDB is a standalone server, without transactions and change streams",
      remedy: "start it with --replSet rs0, run rs.initiate() once, and put ?replicaSet=rs0 into MONGO_URL",
    };
  }
  const current =
    major > 8 || (major === 8 && (minor > 0 || patch >= 21)) || (major === 7 && (minor > 0 || patch >= 32));
  return current
    ? { ok: true }
    : {
        ok: true,
        warning: `MongoDB ${version} is good enough to develop with; production wants 7.0.32, 8.0.21 or later`,
      };
}

const AUTHENTICATION_FAILED = 18;
const UNAUTHORIZED = 13;
const RETRY_MS = 2_000;

/** Waits until the server answers, saying so; stops when waiting can't help. */
export async function checkMongo(url: string, name = "MONGO_URL"): Promise<MongoFacts> {
  for (;;) {
    const client = new MongoClient(url, {
      serverSelectionTimeoutMS: 2_000,
      connectTimeoutMS: 2_000,
      directConnection: !url.includes("replicaSet=") && !url.startsWith("mongodb+srv"),
    });
    try {
      const facts = await ask(client);
      const verdict = mongoVerdict(facts);
      if (!verdict.ok) throw new StartError(`${verdict.reason} (${name})`, verdict.remedy);
      if (verdict.warning) warn(verdict.warning);
      return facts;
    } catch (error) {
      if (error instanceof StartError) throw error;
      if (isRefused(error))
        throw new StartError(
          `MongoDB refuses the login of ${name}`,
          `correct user, password and authSource in ${name}`,
        );
      // A standalone server never has a primary of the named set: ask it directly before waiting any longer.
      await refuseStandalone(url, name);
      warn(`MongoDB at ${name} does not answer yet (${shortReason(error)}); waiting for it`);
      await sleep(RETRY_MS);
    } finally {
      await client.close();
    }
  }
}

async function ask(client: MongoClient): Promise<MongoFacts> {
  const admin = client.db("admin");
  const hello = await admin.command({ hello: 1 });
  const { version } = await admin.command({ buildInfo: 1 });
  // Needs the login, so a wrong password shows here at the latest.
  await admin.command({ listDatabases: 1, nameOnly: true, authorizedDatabases: true });
  return { version, setName: hello.setName, isMongos: hello.msg === "isdbgrid" };
}

async function refuseStandalone(url: string, name: string): Promise<void> {
  if (url.startsWith("mongodb+srv")) return;
  const direct = url.replace(/([?&])replicaSet=[^&]*&?/, "$1");
  const client = new MongoClient(direct, {
    serverSelectionTimeoutMS: 1_000,
    connectTimeoutMS: 1_000,
    ...(!direct.includes(",") && { directConnection: true }),
  });
  try {
    const facts = await ask(client);
    const verdict = mongoVerdict(facts);
    if (!verdict.ok) throw new StartError(`${verdict.reason} (${name})`, verdict.remedy);
  } catch (error) {
    if (error instanceof StartError) throw error;
    // Not reachable directly either: it is simply away.
  } finally {
    await client.close();
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof MongoServerError && (error.code === AUTHENTICATION_FAILED || error.code === UNAUTHORIZED);

const shortReason = (error: unknown): string =>
  (error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)).slice(0, 120);
