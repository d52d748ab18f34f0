/** Depth and consumers of each queue, by asking the broker for each of them by name. */
import type { EventConnection } from "../../mixins/amqp/connection.ts";

export interface QueueDepth {
  name: string;
  /** Ready to be delivered; null: the queue does not exist. */
  messages: number | null;
  consumers: number | null;
}

export async function queueDepths(
  connection: Pick<EventConnection, "createChannel">,
  names: readonly string[],
): Promise<QueueDepth[]> {
  const depths: QueueDepth[] = [];
  for (let rest = [...names]; rest.length > 0; ) {
    const found = await depthsUntilMissing(connection, rest);
    depths.push(...found);
    rest = rest.slice(found.length);
  }
  return depths;
}

/** A missing queue closes the channel (404), so what comes after it needs another one. */
async function depthsUntilMissing(
  connection: Pick<EventConnection, "createChannel">,
  names: string[],
): Promise<QueueDepth[]> {
  const channel = await connection.createChannel();
  // The reason of the close reaches the pending call too.
  channel.on("error", () => {});
  const depths: QueueDepth[] = [];
  for (const name of names) {
    try {
      const { messageCount, consumerCount } = await channel.checkQueue(name);
      depths.push({ name, messages: messageCount, consumers: consumerCount });
    } catch (error) {
      if ((error as { code?: number }).code !== 404) throw error;
      return [...depths, { name, messages: null, consumers: null }];
    }
  }
  await channel.close();
  return depths;
}
