import { type MongoClient, MongoServerError } from "mongodb";
import type { Logger } from "../kit/implement.ts";

const RETRY_MS = 2_000;
/** Authentication failed, not authorised: waiting does not help. */
const FINAL_CODES = new Set<unknown>([18, 13]);

/** Connects; waits, saying so, as long as no primary answers. Throws at once on a refused login or a standalone server. */
export async function waitForMongo(client: MongoClient, logger: Logger): Promise<void> {
  for (;;) {
    try {
      await client.connect();
      const hello = await client.db("admin").command({ hello: 1 });
      if (!hello.setName) {
        throw new MongoNotReplicaSetError();
      }
      return;
    } catch (error) {
      if (error instanceof MongoNotReplicaSetError) throw error;
      if (error instanceof MongoServerError && FINAL_CODES.has(error.code)) throw error;
      logger.warn(`MongoDB is not ready (${error instanceof Error ? error.message : String(error)}); trying again.`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

export class MongoNotReplicaSetError extends Error {
  constructor() {
    super(
      "MongoDB at MONGO_URL is a standalone server; transactions and change streams need a replica set. " +
        "Remedy: start it with --replSet rs0 and run rs.initiate() once.",
    );
    this.name = "MongoNotReplicaSetError";
  }
}
