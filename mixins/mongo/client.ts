/** One MongoClient per process, with explicit concerns: majority + journal writes, majority reads. */
import { MongoClient, type TransactionOptions } from "mongodb";

/** Every query has a deadline, milliseconds. */
export const MAX_TIME_MS = 10_000;

export function createMongoClient(url: string, appName: string): MongoClient {
  return new MongoClient(url, {
    appName,
    writeConcern: { w: "majority", journal: true },
    readConcern: { level: "majority" },
    retryWrites: true,
    maxPoolSize: 50,
    // Shorter than the HTTP request's deadline, so that an outage ends as 503 and not as a time-out.
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    // A server that hangs is noticed after both together, and what was asked of it fails then.
    heartbeatFrequencyMS: 5_000,
    socketTimeoutMS: 60_000,
    ignoreUndefined: true,
  });
}

export const TRANSACTION: TransactionOptions = {
  readConcern: { level: "snapshot" },
  writeConcern: { w: "majority", journal: true },
  readPreference: "primary",
};
