/**
 * The relay's lease with a fencing epoch, and its checkpoint (resume token) in the same document, so that no one can
 * save a token whose lease has gone. Expiry is decided by the server's clock; the holder keeps its own, earlier
 * deadline on the monotonic clock and stops working when that has passed, also after a sleep.
 */
import type { Collection, MongoClient, ResumeToken } from "mongodb";
import { isDuplicateKey } from "../kit/failure.ts";
import {
  FORGOTTEN_TOKEN,
  grantable,
  granted,
  heldBy,
  LEASE_ID,
  type LeaseDoc,
  RELEASED,
  renewed,
  Tenancy,
} from "./lease-rules.ts";

export interface LeaseOptions {
  client: MongoClient;
  /** Database of the relay, `{prefix}_relay`. */
  database: string;
  /** Unique per process start. */
  holder: string;
  /** Milliseconds. */
  leaseMs: number;
}

export class Lease {
  readonly #options: LeaseOptions;
  readonly #collection: Collection<LeaseDoc>;
  readonly #tenancy = new Tenancy();
  #exists = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#collection = options.client.db(options.database).collection<LeaseDoc>("leases");
  }

  /** Fencing token of the present, or last, tenure. */
  get epoch(): number {
    return this.#tenancy.epoch;
  }
  /** False as soon as someone else could hold it. */
  get valid(): boolean {
    return this.#tenancy.isValid(performance.now());
  }

  /** No call waits longer than the lease lasts: the holder shall notice that a server hangs before it has lost it. */
  get #deadline(): { timeoutMS: number } {
    return { timeoutMS: this.#options.leaseMs };
  }

  /** Takes the lease if it is free, expired or ours. @returns the saved resume token with it, or false */
  async acquire(): Promise<{ token: ResumeToken | undefined } | false> {
    const { holder, leaseMs } = this.#options;
    await this.#ensureDocument();
    const asked = performance.now();
    const doc = await this.#collection.findOneAndUpdate(grantable(holder), granted(holder, leaseMs), {
      returnDocument: "after",
      ...this.#deadline,
    });
    if (!doc) return false;
    this.#tenancy.granted(doc.epoch, asked, leaseMs);
    return { token: doc.token };
  }

  /** An upsert can't look at the server's clock, so the document is made beforehand. */
  async #ensureDocument(): Promise<void> {
    if (this.#exists) return;
    const nobody = { holder: "", epoch: 0, expiresAt: new Date(0) };
    await this.#collection
      .updateOne({ _id: LEASE_ID }, { $setOnInsert: nobody }, { upsert: true, ...this.#deadline })
      .catch((error: unknown) => {
        if (!isDuplicateKey(error)) throw error;
      });
    this.#exists = true;
  }

  /** Renews, and saves the token if there is one. @returns false when the lease has gone to someone else */
  async renew(token: ResumeToken | undefined): Promise<boolean> {
    const { holder, leaseMs } = this.#options;
    const asked = performance.now();
    const { matchedCount } = await this.#collection.updateOne(
      heldBy(holder, this.epoch),
      renewed(leaseMs, token),
      this.#deadline,
    );
    if (matchedCount === 1) this.#tenancy.renewed(asked, leaseMs);
    else this.#tenancy.lost();
    return matchedCount === 1;
  }

  /** The saved token can't be resumed from. */
  async forgetToken(): Promise<void> {
    await this.#collection.updateOne(heldBy(this.#options.holder, this.epoch), FORGOTTEN_TOKEN, this.#deadline);
  }

  /** Gives it up, so that the next one need not wait for the expiry. */
  async release(): Promise<void> {
    this.#tenancy.lost();
    await this.#collection.updateOne(heldBy(this.#options.holder, this.epoch), RELEASED, this.#deadline);
  }

  /** Who holds it, for operators. */
  async read(): Promise<{ holder: string; epoch: number; expiresAt: Date } | null> {
    return this.#collection.findOne({ _id: LEASE_ID }, { projection: { token: 0 } });
  }
}
