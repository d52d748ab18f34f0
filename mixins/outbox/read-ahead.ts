/**
 * What the change stream has given and the publisher has not taken yet. While one batch waits for its confirms the next
 * one is on its way from MongoDB; without it the two take turns, and each waits for the other. In order, bounded.
 */
export class ReadAhead<T> {
  readonly #limits: { items: number; bytes: number };
  #items: { item: T; bytes: number }[] = [];
  #bytes = 0;
  #closed = false;
  #wakeReader: (() => void) | undefined;
  #wakeTaker: (() => void) | undefined;

  constructor(limits: { items: number; bytes: number }) {
    this.#limits = limits;
  }

  get hasRoom(): boolean {
    return this.#items.length < this.#limits.items && this.#bytes < this.#limits.bytes;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** For the one reader: resolves when there is room, or when closed. */
  room(): Promise<void> {
    if (this.hasRoom || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }

  push(item: T, bytes: number): void {
    this.#items.push({ item, bytes });
    this.#bytes += bytes;
    this.#wakeTaker?.();
    this.#wakeTaker = undefined;
  }

  /** The oldest one. */
  take(): T | undefined {
    const first = this.#items.shift();
    if (!first) return undefined;
    this.#bytes -= first.bytes;
    if (this.hasRoom) {
      this.#wakeReader?.();
      this.#wakeReader = undefined;
    }
    return first.item;
  }

  /** For the one taker: resolves when there is something to take, or when closed. */
  arrival(): Promise<void> {
    if (this.#items.length > 0 || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakeTaker = resolve;
    });
  }

  /** Wakes both; what was not taken is dropped. */
  close(): void {
    this.#closed = true;
    this.#items = [];
    this.#wakeReader?.();
    this.#wakeTaker?.();
  }
}
