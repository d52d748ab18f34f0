/** A process that is killed in a transaction: nobody waits for MongoDB's own limit of 60 s. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createMongoClient } from "../../../mixins/mongo/client.ts";
import { withTransaction } from "../../../mixins/mongo/transaction.ts";
import { testServers, uniquePrefix } from "../../support/env.ts";

const DRIVER = fileURLToPath(import.meta.resolve("mongodb"));
const DYING = `
  const { MongoClient } = (await import(process.argv[1])).default;
  const client = new MongoClient(process.argv[2]);
  const session = client.startSession();
  session.startTransaction();
  await client.db(process.argv[3]).collection("things").insertOne({ _id: "held" }, { session });
  process.kill(process.pid, "SIGKILL");`;

describe("a transaction whose process was killed", () => {
  const { mongoUrl } = testServers();
  const database = uniquePrefix();
  // The product's own concerns: the look at the sessions has to get along with them.
  const client = createMongoClient(mongoUrl, "orphans-test");
  const things = client.db(database).collection<{ _id: string }>("things");
  beforeAll(() => client.db(database).createCollection("things"));
  afterAll(async () => {
    await client.db(database).dropDatabase();
    await client.close();
  });

  it("is ended by the first one that it is in the way of", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", DYING, DRIVER, mongoUrl, database]);
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    await withTransaction(client, (session) => things.insertOne({ _id: "held" }, { session }));
    expect(await things.countDocuments({ _id: "held" })).toBe(1);
  });
});
