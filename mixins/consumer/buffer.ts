import type { Work } from "./work.ts";

/** Deliveries without an outcome after which a message is suspected to kill the process. */
export const SUSPECT_AFTER = 5;

/** How much longer all of them may wait for company, milliseconds; 0: somebody waits for one of them. `now`: monotonic. */
export function lingerOf(buffer: readonly Pick<Work, "handler" | "since">[], batch: number, now: number): number {
  if (buffer.length >= batch) return 0;
  return Math.max(0, Math.min(...buffer.map(({ handler, since }) => since + (handler?.lingerMs ?? 0) - now)));
}

export interface Plan {
  /** Run now, in one transaction if more than one. */
  chunk: Work[];
  /** Nothing else may run beside it. */
  alone: boolean;
}

/** Earlier crashes may be this message's doing. */
export const isSuspect = (work: Work): boolean => work.state.deliveryCount >= SUSPECT_AFTER;

/**
 * Takes the next chunk out of `buffer` (changes it), or nothing while it has to wait.
 * Healthy messages go first. Suspects go alone, in random order: the one that kills the process takes nobody with it,
 * and its innocent neighbours get through sooner or later.
 */
export function takeNext(
  buffer: Work[],
  active: number,
  limits: { batch: number; singles: number },
  random = Math.random,
): Plan | undefined {
  const first = buffer.findIndex((work) => !isSuspect(work));
  if (first === -1) return active === 0 ? takeSuspect(buffer, random) : undefined;
  const head = buffer[first] as Work;
  if (!isBatchable(head)) {
    if (active >= limits.singles) return undefined;
    buffer.splice(first, 1);
    return { chunk: [head], alone: false };
  }
  if (active > 0) return undefined;
  const chunk: Work[] = [];
  for (let at = first; at < buffer.length && chunk.length < limits.batch; ) {
    const work = buffer[at] as Work;
    if (isSuspect(work)) at++;
    else if (isBatchable(work)) chunk.push(...buffer.splice(at, 1));
    else break;
  }
  return { chunk, alone: false };
}

function takeSuspect(buffer: Work[], random: () => number): Plan | undefined {
  if (buffer.length === 0) return undefined;
  const chunk = buffer.splice(Math.floor(random() * buffer.length), 1);
  return { chunk, alone: true };
}

/** Unhandled events only leave an inbox entry, so they may share a transaction too. */
const isBatchable = (work: Work): boolean => work.handler?.batch ?? true;
