/** Moleculer's AMQP transporter, whose requests run once at most. */
import type { ConsumeMessage } from "amqplib";
import { Transporters } from "moleculer";

type Handle = (message: ConsumeMessage) => unknown;
interface Base {
  channel: { ack(message: ConsumeMessage): void } | null;
  _consumeCB(command: string, needAck?: boolean): Handle;
}

const AmqpTransporter = Transporters.AMQP as unknown as new (options: object) => Base;

/**
 * Moleculer acks a request once it has been answered. So a process that comes back under its old name gets what it had
 * not answered a second time; its caller has given it up long ago, and a write that had been done was done again.
 */
export class RequestsOnce extends AmqpTransporter {
  override _consumeCB(command: string, needAck = false): Handle {
    const handle = super._consumeCB(command, needAck);
    return (message) => {
      if (!needAck || !message?.fields.redelivered) return handle(message);
      this.channel?.ack(message);
      return undefined;
    };
  }
}
