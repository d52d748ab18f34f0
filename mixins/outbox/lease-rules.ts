/**
 * Who may hold the lease, and how long the holder may believe in it. Pure: filters and updates for MongoDB, and the
 * holder's own, earlier deadline on its monotonic clock.
 */
import type { ResumeToken } from "mongodb";

export interface LeaseDoc {
  _id: string;
  holder: string;
  /** One more at every change of hands. */
  epoch: number;
  expiresAt: Date;
  token?: ResumeToken;
}

export const LEASE_ID = "relay";

/** Free, expired by the server's clock, or ours already. */
export const grantable = (holder: string) => ({
  _id: LEASE_ID,
  $or: [{ holder }, { $expr: { $lte: ["$expiresAt", "$$NOW"] } }],
});

export const granted = (holder: string, leaseMs: number) => [
  {
    $set: {
      holder: { $literal: holder },
      epoch: { $add: ["$epoch", 1] },
      expiresAt: { $add: ["$$NOW", leaseMs] },
    },
  },
];

/** The lease as long as nobody else has had it since: whoever writes with an older epoch writes nothing. */
export const heldBy = (holder: string, epoch: number) => ({ _id: LEASE_ID, holder, epoch });

/** The token travels with the renewal, so that no one can save a token whose lease has gone. */
export const renewed = (leaseMs: number, token: ResumeToken | undefined) => [
  {
    $set: {
      expiresAt: { $add: ["$$NOW", leaseMs] },
      ...(token !== undefined && { token: { $literal: token } }),
    },
  },
];

export const FORGOTTEN_TOKEN = { $unset: { token: "" as const } };
export const RELEASED = [{ $set: { expiresAt: "$$NOW" } }];

/** What the holder itself believes. Times are monotonic milliseconds. */
export class Tenancy {
  #epoch = 0;
  #validUntil = 0;

  get epoch(): number {
    return this.#epoch;
  }
  /** `asked`: when the request was sent; the server counts from later, so ours ends first. */
  granted(epoch: number, asked: number, leaseMs: number): void {
    this.#epoch = epoch;
    this.#validUntil = asked + leaseMs;
  }
  renewed(asked: number, leaseMs: number): void {
    this.#validUntil = asked + leaseMs;
  }
  lost(): void {
    this.#validUntil = 0;
  }
  /** False as soon as someone else could hold it. */
  isValid(now: number): boolean {
    return now < this.#validUntil;
  }
}
