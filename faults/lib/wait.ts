/** Polls until `condition` gives something truthy; rejects with what was awaited at the deadline. */
export async function until<T>(
  what: string | (() => string),
  deadlineMs: number,
  condition: () => T | Promise<T>,
  everyMs = 50,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (performance.now() > deadline)
      throw new Error(`Waited ${deadlineMs} ms in vain for ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Rejects when `work` takes longer; it goes on all the same. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`It was not done after ${ms / 1_000} s.`)), ms);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
