/** The relay with the memory that `docker-compose.yml` leaves it: the largest events, more of them than fit at once. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { MAX_PAYLOAD_BYTES } from "../../../mixins/amqp/envelope.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { ensureBackboneIndexes } from "../../../mixins/mongo/indexes.ts";
import { OUTBOX, type OutboxRow } from "../../../mixins/outbox/row.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { memoryOf } from "../../support/deployed.ts";
import { waitFor } from "../../support/env.ts";
import { startNode } from "../../support/node-process.ts";

const ROWS = 600;

const largeRow = (): OutboxRow => {
  const eventId = newId();
  const head = { eventId, version: "v1" as const, eventType: "ticket.closed", timestamp: new Date() };
  const body = JSON.stringify({ ...head, payload: { blob: "x".repeat(MAX_PAYLOAD_BYTES - 100) } });
  return { _id: eventId, ...head, body, meta: { producer: "tickets" }, publishedAt: null };
};

describe("the deployed relay", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.dispose());

  it("sweeps a backlog of the largest events, and takes as many from the change stream", async () => {
    const db = world.client.db(`${world.env.DB_PREFIX}_tickets`);
    await ensureBackboneIndexes(db, world.env);
    const outbox = db.collection<OutboxRow>(OUTBOX);
    const insert = async () => {
      for (let n = 0; n < ROWS; n += 50) await outbox.insertMany(Array.from({ length: 50 }, largeRow));
    };
    await insert();
    // It has no checkpoint: what is there is the sweep's.
    const node = await startNode(world, { SERVICES: "relay", LOG_LEVEL: "warn", ...memoryOf("relay") });
    const allMarked = async () => {
      const isDone = async () =>
        node.child.signalCode !== null || (await outbox.countDocuments({ publishedAt: null })) === 0;
      await waitFor(isDone, { deadlineMs: 60_000, message: "all of them marked" });
      const unpublished = await outbox.countDocuments({ publishedAt: null });
      expect({ endedBy: node.child.signalCode, unpublished }).toEqual({ endedBy: null, unpublished: 0 });
    };
    try {
      await allMarked();
      // These are the change stream's.
      await insert();
      await allMarked();
    } finally {
      await node.stop();
    }
    // 300 MB through MongoDB's journal and RabbitMQ's: a slow disk takes its time.
  }, 180_000);
});
