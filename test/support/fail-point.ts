/** MongoDB's `failCommand`: one for the whole server, so the test files, which run side by side, take turns. */
import type { MongoClient } from "mongodb";
import { waitFor } from "./env.ts";

export interface FailCommand {
  failCommands: readonly string[];
  /** One of the two: the command fails, or it waits before it is done. */
  errorCode?: number;
  blockConnection?: true;
  /** Milliseconds. */
  blockTimeMS?: number;
  /** Only commands on this `database.collection`. */
  namespace?: string;
  /** Whose commands fail: a broker's nodeID. */
  appName: string;
}

/** A test that died holding the turn has lost it by then, milliseconds. */
const STALE_MS = 60_000;

/** `mode` as in MongoDB: `alwaysOn`, or the next so many commands. Off again when `work` is done. */
export async function withFailCommand<T>(
  client: MongoClient,
  mode: "alwaysOn" | { times: number },
  data: FailCommand,
  work: () => Promise<T>,
): Promise<T> {
  const turns = client.db("test_turns").collection<{ _id: string; at: Date }>("turns");
  const take = async (): Promise<boolean> => {
    await turns.deleteMany({ _id: "failCommand", at: { $lt: new Date(Date.now() - STALE_MS) } });
    return turns.insertOne({ _id: "failCommand", at: new Date() }).then(
      () => true,
      () => false,
    );
  };
  await waitFor(take, { deadlineMs: STALE_MS + 10_000, message: "a turn at failCommand" });
  const admin = client.db("admin");
  try {
    await admin.command({ configureFailPoint: "failCommand", mode, data });
    return await work();
  } finally {
    await admin.command({ configureFailPoint: "failCommand", mode: "off" });
    await turns.deleteOne({ _id: "failCommand" });
  }
}
