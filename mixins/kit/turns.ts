/**
 * Turns of a node's background work: small transactions that nobody waits for come one after the other, as many at a time
 * as the processors leave. One that waits grows meanwhile, and costs little more for it; requests find a processor that is
 * not full of them (measured by B6). A process has one of these.
 */
import { availableParallelism } from "node:os";

/** What hangs in one service keeps the others waiting so long, milliseconds. */
export const MOST_MS = 200;

type Again = (overdue: boolean) => void;

export class Turns {
  readonly #atATime: number;
  readonly #mostMs: number;
  #running = 0;
  readonly #waiting = new Map<Again, NodeJS.Timeout>();

  /** `atATime`: one processor is left to requests. */
  constructor(atATime = Math.max(1, availableParallelism() - 1), mostMs = MOST_MS) {
    this.#atATime = atATime;
    this.#mostMs = mostMs;
  }

  get taken(): boolean {
    return this.#running >= this.#atATime;
  }

  /** At once, even if they are taken. @returns its end, to be called once */
  begin(): () => void {
    this.#running++;
    return () => {
      this.#running--;
      for (const again of [...this.#waiting.keys()]) {
        if (this.taken) return;
        this.#call(again, false);
      }
    };
  }

  /** `again` is called once, when a turn is free, those who came first before others; or overdue, after `mostMs`. */
  wait(again: Again): void {
    if (this.#waiting.has(again)) return;
    const timer = setTimeout(() => this.#call(again, true), this.#mostMs);
    this.#waiting.set(again, timer);
  }

  /** Waits, and begins. @returns its end */
  take(): Promise<() => void> {
    if (!this.taken) return Promise.resolve(this.begin());
    return new Promise((resolve) => this.wait(() => resolve(this.begin())));
  }

  #call(again: Again, overdue: boolean): void {
    clearTimeout(this.#waiting.get(again));
    this.#waiting.delete(again);
    again(overdue);
  }
}
