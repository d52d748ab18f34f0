/** Fences that the sweep has sent and that the live path has not read yet. */

/** Longest wait, milliseconds: a live path that lags further behind is left alone until the sweep's next turn. */
const DEADLINE_MS = 60_000;

export class Fences {
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();
  #closedBecause: string | undefined;

  /** Resolves when the live path has read the fence; rejects when it can't in time. */
  wait(id: string): Promise<void> {
    if (this.#closedBecause !== undefined) return Promise.reject(new Error(this.#closedBecause));
    const fence = Promise.withResolvers<void>();
    const late = new Error("the live path lags, the sweep waits for its next turn");
    const timer = setTimeout(() => fence.reject(late), DEADLINE_MS);
    this.#waiting.set(id, fence);
    return fence.promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(id);
    });
  }

  passed(id: string): void {
    this.#waiting.get(id)?.resolve();
  }

  /** Nothing is read any more: whoever waits, or would, waits in vain. */
  close(reason: string): void {
    this.#closedBecause = reason;
    this.cut(reason);
  }

  /** Those that wait would wait in vain. */
  cut(reason: string): void {
    for (const fence of this.#waiting.values()) fence.reject(new Error(reason));
  }
}
