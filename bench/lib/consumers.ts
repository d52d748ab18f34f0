/** One, two or four processes with the search service, and what they consume from their one queue together. */
import amqp from "amqplib";
import { queueOf } from "../../mixins/amqp/names.ts";
import { newId } from "../../mixins/kit/ids.ts";
import { messageOf } from "../../mixins/outbox/message.ts";
import { waitFor } from "../../test/support/env.ts";
import { startNode } from "../../test/support/node-process.ts";
import type { Figures } from "./bench.ts";
import { child } from "./children.ts";
import { RawPublisher } from "./raw-publish.ts";
import { outboxRows } from "./rows.ts";
import { openWorld } from "./world.ts";

const MESSAGES = 10_000;

export interface ConsumerLab {
  drain: (processes: number) => Promise<Figures>;
  close: () => Promise<void>;
}

/** What search makes a document of. */
const payload = (n: number): object => ({
  ...{ ticketId: newId(), number: n + 1, buildingId: newId(), unitId: newId(), reporterId: newId() },
  ...{ category: "plumbing", priority: "normal", title: "Leaking tap", description: `Tap ${n} drips, day and night.` },
  ...{ version: 1, dueAt: null },
});

export async function openConsumers(): Promise<ConsumerLab> {
  const world = await openWorld();
  const { env, client } = world;
  const inbox = client.db(`${env.DB_PREFIX}_search`).collection("inbox");
  const connection = await amqp.connect(env.AMQP_URL, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  const queue = queueOf("search");
  const drain = async (processes: number): Promise<Figures> => {
    const nodes = await Promise.all(
      Array.from({ length: processes }, (_, index) =>
        startNode(world, { SERVICES: "search", LOG_LEVEL: "warn", NODE_ID: `${env.DB_PREFIX}-${index}` }),
      ),
    );
    const stops = nodes.map((node) => child(node.stop));
    try {
      const consume = async () => {
        const { consumerCount } = await channel.checkQueue(queue);
        return consumerCount === processes;
      };
      await waitFor(async () => (await isThere(queue, env.AMQP_URL)) && (await consume()), {
        deadlineMs: 60_000,
        message: `${processes} consumers of ${queue}`,
      });
      const rows = outboxRows(MESSAGES, { version: "v2", payload });
      const messages = rows.map((row) => messageOf({ ...row, target: { queue, headers: {} } }));
      const before = await inbox.countDocuments({});
      const publisher = new RawPublisher(channel, 1_000);
      const since = performance.now();
      for (const message of messages) await publisher.publish(message);
      await waitFor(async () => (await inbox.estimatedDocumentCount()) - before >= MESSAGES, {
        deadlineMs: 300_000,
        message: "the last message",
      });
      return { rate: (MESSAGES * 1_000) / (performance.now() - since) };
    } finally {
      await Promise.all(stops.map((stop) => stop()));
    }
  };
  const close = async (): Promise<void> => {
    await connection.close();
    await world.dispose();
  };
  return { drain, close };
}

/** Asking for a queue that is not there would close the channel. */
async function isThere(queue: string, url: string): Promise<boolean> {
  const connection = await amqp.connect(url);
  connection.on("error", () => {});
  try {
    const channel = await connection.createChannel();
    channel.on("error", () => {});
    await channel.checkQueue(queue);
    return true;
  } catch {
    return false;
  } finally {
    await connection.close().catch(() => {});
  }
}
