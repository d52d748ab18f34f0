/** Every write that a scenario asked for, recorded outside of the system: in a file of the runner. */
import { appendFileSync } from "node:fs";

/**
 * `accepted`: HTTP 2xx, or a committed transaction. `uncertain`: no answer, or one that leaves it open (5xx).
 * `refused`: a definite no (4xx).
 */
export type WriteState = "accepted" | "uncertain" | "refused";

export interface Write {
  /** Service that owns the outbox. */
  owner: string;
  eventType: string;
  state: WriteState;
  /** Known of an accepted write. */
  eventId?: string;
  /** Where the answer does not tell the eventId: the aggregate that the answer names. */
  aggregateId?: string;
  /** The `n` of a probe's payload: finds the row of an uncertain write. */
  n?: number;
}

export class Ledger {
  readonly #file: string;
  readonly #writes: Write[] = [];
  #next = 1;

  constructor(file: string) {
    this.#file = file;
  }

  /** A number that no other write of this world has. */
  nextNumber(): number {
    return this.#next++;
  }

  record(write: Write): void {
    this.#writes.push(write);
    appendFileSync(this.#file, `${JSON.stringify(write)}\n`);
  }

  get writes(): readonly Write[] {
    return this.#writes;
  }

  count(state: WriteState): number {
    return this.#writes.filter((write) => write.state === state).length;
  }
}
