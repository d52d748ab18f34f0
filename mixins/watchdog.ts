/**
 * Moleculer's transporter may lose its channel and never heal (measured, reliability.md): a process that gets no pong
 * of its own through the transporter for `limitMs` exits, and its supervisor starts it again.
 *
 * Silence that a new start would not end is no reason: the broker is away or blocks publishers, or this process itself
 * was stopped. Then the process goes on serving what needs no other node, and the transporter heals by itself.
 */
import { type ChannelModel, connect } from "amqplib";
import type { Middleware, ServiceBroker } from "moleculer";
import type { Logger } from "./kit/implement.ts";

export interface WatchdogOptions {
  /** Milliseconds without a sign of life after which the process exits; 0 turns it off. */
  limitMs: number;
  /** Of the transporter: is a broker there at all? */
  url: string;
  exit?: (code: number) => void;
}

/** Exit code of a process whose transporter is dead. */
export const WATCHDOG_EXIT = 70;
const REACH_MS = 2_000;
/** Looks and pings in one limit. */
const LOOKS = 15;
const PINGS = 5;
/** Looks before the limit at which it leaves: by the next one, and the end of the process, the limit has passed. */
const EARLY = 2;

interface Packet {
  payload?: { sender?: string };
}
/** What Moleculer's AMQP transporter shows. */
interface Transporter {
  connected: boolean;
  connection: ChannelModel | null;
}

export function watchdogMiddleware({ limitMs, url, exit = process.exit }: WatchdogOptions): Middleware {
  let watchdog: Watchdog | undefined;
  return {
    name: "Watchdog",
    created(broker: ServiceBroker) {
      if (limitMs > 0 && broker.transit) watchdog = new Watchdog(broker, { limitMs, url, exit });
    },
    /** The broker says "blocked" as soon as something is published: from the first packet on we have to listen. */
    transitPublish(next: (packet: Packet) => unknown) {
      return (packet: Packet) => {
        watchdog?.watchConnection();
        return next(packet);
      };
    },
    /** Sees every packet that came in through the transporter, our own pings among them. */
    transitMessageHandler(next: (command: string, packet: Packet) => unknown) {
      return (command: string, packet: Packet) => {
        watchdog?.hear();
        return next(command, packet);
      };
    },
    async started() {
      watchdog?.start();
    },
    async stopping() {
      watchdog?.stop();
    },
  } as object as Middleware;
}

class Watchdog {
  readonly #broker: ServiceBroker;
  readonly #options: Required<WatchdogOptions>;
  #timer: NodeJS.Timeout | undefined;
  #heardAt = 0;
  #lookedAt = 0;
  #looks = 0;
  #asking = false;
  #connection: ChannelModel | null = null;
  #blocked = false;

  constructor(broker: ServiceBroker, options: Required<WatchdogOptions>) {
    this.#broker = broker;
    this.#options = options;
  }

  start(): void {
    this.#heardAt = this.#lookedAt = performance.now();
    this.#timer = setInterval(() => void this.#look(), this.#options.limitMs / LOOKS);
  }
  hear(): void {
    this.#heardAt = performance.now();
  }
  stop(): void {
    clearInterval(this.#timer);
  }

  get #transporter(): Transporter {
    return (this.#broker.transit as unknown as { tx: Transporter }).tx;
  }

  async #look(): Promise<void> {
    if (this.#asking) return;
    const { limitMs, url } = this.#options;
    const now = performance.now();
    const slept = now - this.#lookedAt > limitMs / 2;
    this.#lookedAt = now;
    if (slept || this.#blocked) this.hear();
    if (this.#transporter.connected) {
      if (this.#looks++ % (LOOKS / PINGS) === 0) void ping(this.#broker);
    } else {
      // Cut off, it connects again by itself: its time for that begins when the broker is there again.
      this.#asking = true;
      if (!(await isReachable(url))) this.hear();
      this.#asking = false;
    }
    if (performance.now() - this.#heardAt >= limitMs - (EARLY * limitMs) / LOOKS) this.#leave();
  }

  #leave(): void {
    const { limitMs, exit } = this.#options;
    const logger = this.#broker.getLogger("WATCHDOG") as Logger;
    logger.error(`Nothing came through the transporter for ${limitMs} ms; this process exits to be started again.`);
    this.stop();
    exit(WATCHDOG_EXIT);
  }

  /** Memory or disk alarm: nobody may publish, also not after a new start. */
  watchConnection(): void {
    const { connection } = this.#transporter;
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#blocked = false;
    const set = (blocked: boolean) => (): void => {
      if (connection === this.#connection) this.#blocked = blocked;
    };
    connection?.on("blocked", set(true)).on("unblocked", set(false));
  }
}

/** A PING packet to this very node: out through the transporter and in again. */
async function ping(broker: ServiceBroker): Promise<void> {
  // A failure to send is the very thing that the silence will tell.
  await Promise.resolve()
    .then(() => broker.transit?.sendPing(broker.nodeID))
    .catch(() => {});
}

async function isReachable(url: string): Promise<boolean> {
  try {
    const connection = await connect(url, { timeout: REACH_MS });
    connection.on("error", () => {});
    await connection.close();
    return true;
  } catch {
    return false;
  }
}
