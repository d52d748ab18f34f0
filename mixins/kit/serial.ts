/**
 * Works of one key run one after the other within this process. For transactions that write one document that all of
 * them need: MongoDB lets one of them win and the others begin anew, after a pause that grows. Between processes that
 * still holds, so this makes nothing correct, only quick.
 */
export class Serial {
  readonly #last = new Map<string, Promise<unknown>>();

  run<R>(key: string, work: () => Promise<R>): Promise<R> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const result = before.then(work, work);
    const settled = result.then(
      () => {},
      () => {},
    );
    this.#last.set(key, settled);
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    });
    return result;
  }
}
