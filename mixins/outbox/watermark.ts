/**
 * How far the change stream has been dealt with: the longest prefix of events that are confirmed AND marked. Pure.
 * A resume token before or at the watermark loses nothing, whenever the process dies.
 */
export class Watermark<T> {
  #entries: { token: T; done: boolean }[] = [];
  #head = 0;
  #first = 0;
  #passed: T | undefined;

  /** Events must be added in stream order. @returns the handle for `done` */
  add(token: T): number {
    this.#entries.push({ token, done: false });
    return this.#first + this.#entries.length - 1;
  }

  done(handle: number): void {
    const entry = this.#entries[handle - this.#first];
    if (entry) entry.done = true;
    while (this.#entries[this.#head]?.done) this.#passed = this.#entries[this.#head++]?.token;
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) this.#compact();
  }

  /** Token of the last event of the finished prefix; undefined while there is none. */
  get token(): T | undefined {
    return this.#passed;
  }

  /** Events that are read and not finished. */
  get pending(): number {
    return this.#entries.length - this.#head;
  }

  #compact(): void {
    this.#entries.splice(0, this.#head);
    this.#first += this.#head;
    this.#head = 0;
  }
}
