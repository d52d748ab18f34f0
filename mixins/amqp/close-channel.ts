import type { Channel } from "amqplib";

/**
 * Resolves when the channel is closed, by whatever. amqplib's own `close` waits for the broker's answer alone: for ever
 * when the connection goes before it has come (a relay that had been stopped for 30 s never stood by again).
 */
export async function closeChannel(channel: Pick<Channel, "close" | "once">): Promise<void> {
  const gone = new Promise<void>((resolve) => channel.once("close", () => resolve()));
  // A channel whose connection is gone already can't be closed any more, and needs not be.
  await Promise.race([channel.close().catch(() => {}), gone]);
}
