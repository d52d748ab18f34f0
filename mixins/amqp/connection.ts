/**
 * A connection for events of this process, with recovery by amqplib. `setup` runs after every (re-)connect and before
 * anyone gets a channel: it asserts the topology, so that a broker that lost it is mended.
 */
import { type Channel, type ChannelModel, type ConfirmChannel, connect, type RecoveringChannelModel } from "amqplib";
import { withHeartbeat } from "./url.ts";
import { writeTogether } from "./write-together.ts";

const CONNECT_TIMEOUT_MS = 5_000;

export interface ConnectionLogger {
  info(message: string, ...data: unknown[]): void;
  warn(message: string, ...data: unknown[]): void;
}

export interface EventConnectionOptions {
  url: string;
  /** Shown in RabbitMQ's list of connections. */
  name: string;
  logger: ConnectionLogger;
  setup?: (model: ChannelModel) => Promise<void>;
  /** An error of `setup` for which trying again makes no sense: `start` rejects with it. */
  isFinal?: (error: Error) => boolean;
}

export class EventConnection {
  #options: EventConnectionOptions;
  #connection: RecoveringChannelModel | undefined;
  #blocked = false;
  #connected = false;
  #model: ChannelModel | undefined;
  #repairing: Promise<void> | undefined;

  constructor(options: EventConnectionOptions) {
    this.#options = options;
  }

  /** Resolves after the first successful connect and set-up, however long the broker is away. */
  async start(): Promise<void> {
    if (this.#connection) return;
    const { url, name, logger, setup, isFinal } = this.#options;
    const connection = await connect(withHeartbeat(url), {
      noDelay: true,
      timeout: CONNECT_TIMEOUT_MS,
      clientProperties: { connection_name: name },
      recovery: { initialDelay: 100, maxDelay: 2_000, waitForConnect: false, ...(setup && { setup }) },
    } as Parameters<typeof connect>[1] & { recovery: { waitForConnect: false } });
    const model = connection as unknown as RecoveringChannelModel;
    this.#connection = model;
    const failed = new Promise<never>((_, reject) => {
      model.on("connect-failed", (error: Error) => {
        logger.warn(`RabbitMQ is not reachable or not ready (${error.message}); trying again.`);
        if (isFinal?.(error)) reject(error);
      });
    });
    model.on("connect", (open: ChannelModel) => {
      writeTogether(open);
      this.#model = open;
      this.#connected = true;
      this.#blocked = false;
      logger.info(`RabbitMQ: connected${setup ? ", topology asserted" : ""}.`);
    });
    model.on("disconnect", (error: Error) => {
      this.#model = undefined;
      this.#connected = false;
      this.#blocked = false;
      logger.warn(`RabbitMQ: connection lost (${error.message}).`);
    });
    model.on("blocked", (reason: string) => {
      this.#blocked = true;
      logger.warn(`RabbitMQ blocks publishers: ${reason}.`);
    });
    model.on("unblocked", () => {
      this.#blocked = false;
      logger.info("RabbitMQ takes publishes again.");
    });
    model.on("error", () => {});
    try {
      await Promise.race([model.waitForConnect(), failed]);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#connected = false;
    await connection?.close();
  }

  /** Runs the set-up again on the present connection: something that it declared has been deleted. */
  repair(): Promise<void> {
    this.#repairing ??= this.#repair().finally(() => {
      this.#repairing = undefined;
    });
    return this.#repairing;
  }

  async #repair(): Promise<void> {
    const model = this.#model;
    if (!model) return;
    try {
      await this.#options.setup?.(model);
    } catch (error) {
      this.#options.logger.warn(
        `RabbitMQ: the topology could not be mended (${error instanceof Error ? error.message : String(error)}).`,
      );
    }
  }

  /** Connected and set up at this moment. */
  get connected(): boolean {
    return this.#connected;
  }
  /** The broker refuses publishes for now (memory or disk alarm): back-pressure, not a failure. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Waits for the connection; rejects when stopped. */
  createChannel(): Promise<Channel> {
    return this.#live().createChannel();
  }
  /**
   * Waits for the connection, and for a repair: between the exchange and the last of its bindings, an event would reach
   * some of its queues only. Rejects when stopped.
   */
  async createConfirmChannel(): Promise<ConfirmChannel> {
    await this.#repairing;
    return this.#live().createConfirmChannel();
  }

  #live(): RecoveringChannelModel {
    if (!this.#connection) throw new Error("The event connection is not started.");
    return this.#connection;
  }
}
