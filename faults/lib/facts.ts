/** Load: committed transactions of the runner itself, and REST writes, all of them in the ledger. */
import type { MongoClient } from "mongodb";
import type { Registry } from "../../mixins/kit/registry.ts";
import { inTransaction } from "../../mixins/outbox/transaction.ts";
import { HAPPENED, type ProbePayload } from "../probe/contracts.ts";
import type { LooseTx } from "../probe/services.ts";
import type { Ledger } from "./ledger.ts";

export type Payload = Omit<ProbePayload, "n">;

export class Facts {
  readonly #client: MongoClient;
  readonly #prefix: string;
  readonly #registry: Registry;
  readonly #ledger: Ledger;

  constructor(client: MongoClient, prefix: string, registry: Registry, ledger: Ledger) {
    this.#client = client;
    this.#prefix = prefix;
    this.#registry = registry;
    this.#ledger = ledger;
  }

  /** One fact in one transaction, as the product's own code commits it. @returns its eventId, if it has committed */
  async write(payload: Payload = {}): Promise<string | undefined> {
    const [id] = await this.writeMany(1, payload);
    return id;
  }

  /** So many facts in one transaction. */
  async writeMany(count: number, payload: Payload = {}, eventType: string = HAPPENED): Promise<string[]> {
    const numbers = Array.from({ length: count }, () => this.#ledger.nextNumber());
    const write = { owner: eventType.split(".")[0] as string, eventType };
    try {
      const ids = await this.#commit(write, numbers, payload);
      ids.forEach((eventId, index) => {
        this.#ledger.record({ ...write, state: "accepted", eventId, n: numbers[index] as number });
      });
      return ids;
    } catch {
      for (const n of numbers) this.#ledger.record({ ...write, state: "uncertain", n });
      return [];
    }
  }

  #commit(
    { owner, eventType }: { owner: string; eventType: string },
    numbers: readonly number[],
    payload: Payload,
  ): Promise<string[]> {
    const options = {
      client: this.#client,
      db: this.#client.db(`${this.#prefix}_${owner}`),
      service: owner,
      registry: this.#registry,
      now: new Date(),
      cause: { actorId: `system:${owner}` },
    };
    return inTransaction(options, async (tx) =>
      numbers.map((n) =>
        (tx as unknown as LooseTx).publish(
          eventType,
          { ...payload, n },
          { aggregateId: String(n), aggregateVersion: 1 },
        ),
      ),
    );
  }
}

/** Runs `write` so many times a second until `stop`, however long each takes. */
export class Load {
  readonly #timer: NodeJS.Timeout;
  readonly #running = new Set<Promise<unknown>>();

  constructor(perSecond: number, write: () => Promise<unknown>) {
    const since = performance.now();
    let begun = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - since) * perSecond) / 1_000);
      for (; begun < due; begun++) {
        const running = write().finally(() => this.#running.delete(running));
        this.#running.add(running);
      }
    }, 10);
  }

  /** No more of them; waits for those under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }
}
