/** What a consumer handles next, of what it holds. Pure, but for the buffer that it takes from. */
import type { EventHandler } from "./handler.ts";

/** Deliveries without an outcome after which a message is suspected to kill the process. */
export const SUSPECT_AFTER = 5;

/** What decides about a delivery. */
export interface Candidate {
  readonly event: { readonly meta: { readonly aggregateId?: string } };
  /** undefined: only leaves an inbox entry. */
  readonly handler: Pick<EventHandler, "batch" | "handleAll" | "lingerMs"> | undefined;
  readonly state: { readonly deliveryCount: number };
}

export interface Plan<W extends Candidate = Candidate> {
  /** Run now, in one transaction if more than one. */
  readonly chunk: readonly W[];
  /**
   * `single`: its handler shares no transaction. `shared`: a transaction of as many as were there.
   * `suspect`: nothing else may run beside it.
   */
  readonly kind: "single" | "shared" | "suspect";
}

export interface Limits {
  /** Messages in one shared transaction. */
  readonly batch: number;
  /** Shared transactions at a time. */
  readonly shared: number;
  /** Messages that have to be there for one beside another, or out of turn. */
  readonly beside: number;
  /** Transactions at a time for handlers that run alone. */
  readonly singles: number;
}

/** How much longer all of them may wait for company, milliseconds; 0: somebody waits for one of them. `now`: monotonic. */
export function lingerOf(
  buffer: readonly (Pick<Candidate, "handler"> & { readonly since: number })[],
  batch: number,
  now: number,
): number {
  if (buffer.length >= batch) return 0;
  return Math.max(0, Math.min(...buffer.map(({ handler, since }) => since + (handler?.lingerMs ?? 0) - now)));
}

/**
 * Takes the next chunk out of `buffer` (changes it), or nothing while it has to wait for what is `running`.
 * - Two messages of one aggregate are never in two transactions at once: they would conflict, and commit in any order.
 * - While one shared transaction commits, or the node's turns are `taken`, another one may run if enough messages are
 *   there: of a few, one larger transaction costs less than two save time (measured by B2, B4 and B6).
 * - Handlers that take all in one go write the same documents: no shared transaction beside theirs.
 * - Healthy messages go first. Suspects go alone, in random order: the one that kills the process takes nobody with
 *   it, and its innocent neighbours get through sooner or later.
 */
export function takeNext<W extends Candidate>(
  buffer: W[],
  running: readonly Plan<W>[],
  limits: Limits,
  { taken = false, random = Math.random } = {},
): Plan<W> | undefined {
  if (running.some(({ kind }) => kind === "suspect")) return undefined;
  if (buffer.every(isSuspect)) return running.length === 0 ? takeSuspect(buffer, random) : undefined;
  const busy = new Set(running.flatMap(({ chunk }) => chunk.map(aggregateOf)));
  busy.delete(undefined);
  const isFree = (work: W): boolean => !isSuspect(work) && !busy.has(aggregateOf(work));
  const head = buffer.find(isFree);
  if (!head) return undefined;
  if (!isBatchable(head)) {
    if (running.filter(({ kind }) => kind === "single").length >= limits.singles) return undefined;
    return take(buffer, [head], "single");
  }
  const shared = running.filter(({ kind }) => kind === "shared");
  if (shared.length >= limits.shared || shared.some(({ chunk }) => chunk.some(takesAll))) return undefined;
  const chunk: W[] = [];
  for (const work of buffer) {
    if (!isFree(work)) continue;
    if (chunk.length === limits.batch || !isBatchable(work) || (shared.length > 0 && takesAll(work))) break;
    chunk.push(work);
  }
  const isFirst = shared.length === 0 && !taken;
  return isFirst || chunk.length >= limits.beside ? take(buffer, chunk, "shared") : undefined;
}

function take<W extends Candidate>(buffer: W[], chunk: readonly W[], kind: Plan["kind"]): Plan<W> {
  const taken = new Set(chunk);
  buffer.splice(0, buffer.length, ...buffer.filter((work) => !taken.has(work)));
  return { chunk, kind };
}

function takeSuspect<W extends Candidate>(buffer: W[], random: () => number): Plan<W> | undefined {
  const one = buffer[Math.floor(random() * buffer.length)];
  return one && take(buffer, [one], "suspect");
}

/** Earlier crashes may be this message's doing. */
const isSuspect = ({ state }: Candidate): boolean => state.deliveryCount >= SUSPECT_AFTER;

const aggregateOf = ({ event }: Candidate): string | undefined => event.meta.aggregateId;

const takesAll = ({ handler }: Candidate): boolean => handler?.handleAll !== undefined;

/** Unhandled events only leave an inbox entry, so they may share a transaction too. */
const isBatchable = ({ handler }: Candidate): boolean => handler?.batch ?? true;
