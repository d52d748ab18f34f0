/** A worker thread that inserts outbox rows, so that whoever relays them has its own event loop. */
import { once } from "node:events";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { MongoClient } from "mongodb";
import { outboxRows, type RowOptions } from "./rows.ts";

interface Task {
  insertInto: string;
  mongoUrl: string;
  count: number;
  rows: RowOptions;
}
const BATCH = 1_000;

export interface Inserting {
  /** Resolves when all are inserted. */
  inserted: Promise<void>;
}

/** Resolves when it is connected and its first row is about to be inserted: from then on time counts. */
export async function insertRows(
  mongoUrl: string,
  database: string,
  count: number,
  rows: RowOptions = {},
): Promise<Inserting> {
  const task: Task = { insertInto: database, mongoUrl, count, rows };
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  const inserted = new Promise<void>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`The inserting worker ended with ${code}.`)),
    );
  });
  await Promise.race([once(worker, "message"), inserted]);
  return { inserted };
}

async function insertAll({ mongoUrl, insertInto, count, rows }: Task): Promise<void> {
  const client = new MongoClient(mongoUrl, { writeConcern: { w: "majority", journal: true } });
  const outbox = client.db(insertInto).collection("outbox");
  await outbox.findOne({ _id: "connected" as never });
  parentPort?.postMessage("ready");
  for (let done = 0; done < count; done += BATCH)
    await outbox.insertMany(outboxRows(Math.min(BATCH, count - done), rows) as never[], { ordered: false });
  await client.close();
}

if ((workerData as Task | null)?.insertInto) void insertAll(workerData as Task);
