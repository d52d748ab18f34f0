/**
 * The relay: outbox rows of one MongoDB deployment -> `app.events`, with confirms. Replicas compete for a lease; the
 * holder runs one tenure: live change stream, sweep, marks, checkpoint.
 */
import type { Backbone } from "../backbone.ts";
import { messageOfError } from "../kit/failure.ts";
import { newId } from "../kit/ids.ts";
import type { Logger } from "../kit/implement.ts";
import { Lease } from "./lease.ts";
import { Tenure, type TenureStatus } from "./tenure.ts";

export interface RelayOptions {
  backbone: Backbone;
  logger: Logger;
  nodeId: string;
  /** Databases whose `outbox` it publishes. Default: every service of the registry. */
  databases?: readonly string[];
}

export interface RelayStatus {
  /** `standby`: another replica holds the lease. */
  state: "stopped" | "standby" | "holder";
  holder: string | null;
  epoch: number | null;
  tenure: TenureStatus | null;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #lease: Lease;
  readonly #databases: readonly string[];
  #running = false;
  #loop: Promise<void> = Promise.resolve();
  #tenure: Tenure | undefined;
  #wake: (() => void) | undefined;

  constructor(options: RelayOptions) {
    const { backbone, nodeId } = options;
    const { client, env, registry } = backbone;
    this.#options = options;
    this.#databases =
      options.databases ?? registry.contracts.map((contract) => backbone.database(contract.service).databaseName);
    const database = backbone.database("relay").databaseName;
    this.#lease = new Lease({ client, database, holder: `${nodeId}/${newId()}`, leaseMs: env.RELAY_LEASE_MS });
  }

  /** Any number of starts and stops, in any order. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#loop = this.#loop.then(() => this.#run());
  }

  /** Ends the tenure in order and gives the lease up. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#tenure?.end();
    this.#wake?.();
    await this.#loop;
  }

  /** @returns false when this replica does not hold the lease */
  sweepNow(): boolean {
    this.#tenure?.sweepNow();
    return this.#tenure !== undefined;
  }

  async status(): Promise<RelayStatus> {
    const lease = await this.#lease.read();
    const state = !this.#running ? "stopped" : this.#tenure ? "holder" : "standby";
    return {
      state,
      holder: lease?.holder ?? null,
      epoch: lease?.epoch ?? null,
      tenure: this.#tenure?.status() ?? null,
    };
  }

  async #run(): Promise<void> {
    const { backbone, logger } = this.#options;
    while (this.#running) {
      try {
        const acquired = await this.#lease.acquire();
        if (acquired) await this.#serve(acquired.token);
      } catch (error) {
        logger.warn(`Relay: ${messageOfError(error)}; trying again.`);
      }
      if (this.#running) await this.#pause(backbone.env.RELAY_LEASE_MS / 4);
    }
  }

  async #serve(token: unknown): Promise<void> {
    const { backbone, logger } = this.#options;
    this.#tenure = new Tenure({ backbone, logger, lease: this.#lease, databases: this.#databases, token });
    logger.info(`Relay: holds the lease, epoch ${this.#lease.epoch}.`);
    try {
      if (this.#running) await this.#tenure.run();
    } finally {
      this.#tenure = undefined;
      logger.info("Relay: tenure ended.");
      await this.#lease.release().catch(() => {});
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
