/** A worker thread that inserts outbox rows, so that whoever relays them has its own event loop. */
import { Worker, workerData } from "node:worker_threads";
import { MongoClient } from "mongodb";
import { outboxRows } from "./rows.ts";

interface Task {
  insertInto: string;
  mongoUrl: string;
  count: number;
}
const BATCH = 1_000;

/** Resolves when all are inserted. */
export function insertRows(mongoUrl: string, database: string, count: number): Promise<void> {
  const task: Task = { insertInto: database, mongoUrl, count };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: task });
    worker.on("error", reject);
    worker.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`The inserting worker ended with ${code}.`)),
    );
  });
}

async function insertAll({ mongoUrl, insertInto, count }: Task): Promise<void> {
  const client = new MongoClient(mongoUrl, { writeConcern: { w: "majority", journal: true } });
  const outbox = client.db(insertInto).collection("outbox");
  for (let done = 0; done < count; done += BATCH)
    await outbox.insertMany(outboxRows(Math.min(BATCH, count - done)) as never[], { ordered: false });
  await client.close();
}

if ((workerData as Task | null)?.insertInto) void insertAll(workerData as Task);
