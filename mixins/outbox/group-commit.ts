/**
 * Group commit: transactions of one key that wait for each other anyway (they all write one counter) share one. While
 * the first commits, the others gather; then up to GROUP of them commit together. Should one of them fail, each is run
 * for itself, so nobody fails because of a neighbour. Where all is slow, a group closes early, to be done in time. Other
 * processes still compete for the document, with a few long turns instead of many short ones.
 */
import { crashPoint } from "../kit/crash-point.ts";
import { isPassing } from "../kit/failure.ts";
import type { Member } from "../kit/implement.ts";
import type { Turns } from "../kit/turns.ts";
import { withTransaction } from "../mongo/transaction.ts";
import type { OutboxRow } from "./row.ts";
import { insertRows, openTx, type TransactionOptions, type Tx } from "./transaction.ts";

/** Most works in one transaction: a handful of writes each, well below any limit of a transaction. */
const GROUP = 25;
/** Then no further one joins the transaction, milliseconds. */
const CLOSES_AFTER_MS = 1_000;
/** Of a group: other processes hold the document for a whole group as well. Just below the time of a request (10 s). */
const DEADLINE_MS = 9_000;

/** @returns the results of the first of them, at least of one; the others have to wait for the next transaction */
type RunAll = (members: readonly Member<never, unknown>[]) => Promise<readonly unknown[]>;

interface Waiting {
  options: TransactionOptions;
  item: unknown;
  /** The same of all that have one key. */
  runAll: RunAll;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #turns: Turns;
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /**
   * As `inTransaction`: `work` may run several times. Works of one key run one after the other. Where nobody waits for
   * them, the first waits `lingerMs` for others, and then for the node's turns.
   */
  run<O extends string, R>(
    key: string,
    options: TransactionOptions,
    work: (tx: Tx<O>) => Promise<R>,
    lingerMs = 0,
  ): Promise<R> {
    return this.#join<R>(key, { options, item: work, runAll: oneByOne }, lingerMs);
  }

  /** The same for items that `all` writes together. */
  async runAll<O extends string, I>(
    key: string,
    options: TransactionOptions,
    item: I,
    all: (members: readonly Member<O, I>[]) => Promise<void>,
    lingerMs: number,
  ): Promise<void> {
    const runAll = async (members: readonly Member<O, I>[]): Promise<readonly undefined[]> => {
      await all(members);
      return members.map(() => undefined);
    };
    return this.#join<void>(key, { options, item, runAll: runAll as unknown as RunAll }, lingerMs);
  }

  #join<R>(key: string, work: Pick<Waiting, "options" | "item" | "runAll">, lingerMs: number): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const member = { ...work, resolve, reject } as Waiting;
      const waiting = this.#waiting.get(key);
      if (waiting) return void waiting.push(member);
      const queue = [member];
      this.#waiting.set(key, queue);
      if (lingerMs > 0) setTimeout(() => void this.#drain(key, queue, true), lingerMs);
      else void this.#drain(key, queue, false);
    });
  }

  async #drain(key: string, queue: Waiting[], inTurn: boolean): Promise<void> {
    while (queue.length > 0) {
      const endTurn = inTurn ? await this.#turns.take() : undefined;
      queue.unshift(...(await commitGroup(queue.splice(0, GROUP))));
      endTurn?.();
    }
    this.#waiting.delete(key);
  }
}

/** Never rejects. @returns those that the transaction had no time for */
async function commitGroup(members: readonly Waiting[]): Promise<Waiting[]> {
  try {
    return await together(members);
  } catch (error) {
    // Of one it is its own failure; and what is away, or contended, is so for each of them.
    if (members.length === 1 || isPassing(error)) {
      for (const { reject } of members) reject(error);
      return [];
    }
  }
  for (const member of members) await commitGroup([member]);
  return [];
}

const oneByOne: RunAll = async (members) => {
  const since = performance.now();
  const results: unknown[] = [];
  for (const { tx, item } of members) {
    results.push(await (item as (tx: Tx<never>) => Promise<unknown>)(tx));
    if (performance.now() - since > CLOSES_AFTER_MS) break;
  }
  return results;
};

/** @returns those that it had no time for */
async function together(members: readonly Waiting[]): Promise<Waiting[]> {
  const [first] = members as [Waiting];
  const done = await withTransaction(
    first.options.client,
    async (session) => {
      const rows: OutboxRow[] = [];
      const isShared = members.length > 1;
      const open = members.map(({ options, item }) => ({ ...openTx<never>(options, session, rows, isShared), item }));
      const values = await first.runAll(open);
      await insertRows({ db: first.options.db, session }, rows);
      crashPoint("service.in-transaction");
      return open.slice(0, values.length).map(({ committed }, index) => ({ committed, value: values[index] }));
    },
    DEADLINE_MS,
  );
  crashPoint("service.after-commit");
  done.forEach(({ value, committed }, index) => {
    committed();
    members[index]?.resolve(value);
  });
  return members.slice(done.length);
}
