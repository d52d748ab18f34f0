/**
 * Moleculer's transporter may lose its channel and never heal (measured, reliability.md): a process that gets no pong
 * of its own through the transporter for `limitMs` exits, and its supervisor starts it again.
 */
import type { Middleware, ServiceBroker } from "moleculer";
import type { Logger } from "./kit/implement.ts";

export interface WatchdogOptions {
  /** Milliseconds without a sign of life after which the process exits; 0 turns it off. */
  limitMs: number;
  exit?: (code: number) => void;
}

/** Exit code of a process whose transporter is dead. */
export const WATCHDOG_EXIT = 70;

interface Packet {
  payload?: { sender?: string };
}

export function watchdogMiddleware({ limitMs, exit = process.exit }: WatchdogOptions): Middleware {
  let timer: NodeJS.Timeout | undefined;
  let heardAt = 0;
  return {
    name: "Watchdog",
    /** Sees every packet that came in through the transporter, our own pings among them. */
    transitMessageHandler(next: (command: string, packet: Packet) => unknown) {
      return (command: string, packet: Packet) => {
        heardAt = performance.now();
        return next(command, packet);
      };
    },
    async started(broker: ServiceBroker) {
      if (limitMs <= 0 || !broker.transit) return;
      const logger = broker.getLogger("WATCHDOG") as Logger;
      heardAt = performance.now();
      timer = setInterval(() => {
        if (performance.now() - heardAt < limitMs) return void ping(broker);
        logger.error(`Nothing came through the transporter for ${limitMs} ms; this process exits to be started again.`);
        clearInterval(timer);
        exit(WATCHDOG_EXIT);
      }, limitMs / 5);
    },
    async stopping() {
      clearInterval(timer);
    },
  } as object as Middleware;
}

/** A PING packet to this very node: out through the transporter and in again. */
async function ping(broker: ServiceBroker): Promise<void> {
  // A failure to send is the very thing that the silence will tell.
  await Promise.resolve(broker.transit?.sendPing(broker.nodeID)).catch(() => {});
}
