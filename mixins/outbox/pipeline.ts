/**
 * The relay's decisions about rows: what is published, when it is marked, and how far the checkpoint may go. Pure: it
 * answers with commands that the tenure carries out, and is told what came of them.
 */
import type { Outcome } from "../amqp/publisher.ts";
import { Watermark } from "./watermark.ts";

export type Command = { do: "publish" } | MarkCommand;
export interface MarkCommand {
  do: "mark";
  outcome: Outcome;
}

const isClosed = ({ isSwept, waiting }: Gap): boolean => isSwept && waiting.size === 0;

const NOTHING: readonly Command[] = [];
const PUBLISH: readonly Command[] = [{ do: "publish" }];

/** The live path began without a past: what is older is the sweep's business, and no checkpoint may pass it before. */
interface Gap {
  handle: number;
  /** Rows that were on their way, or that the sweep has sent since. */
  waiting: Set<string>;
  isSwept: boolean;
}

/** `T`: resume token of the change stream. */
export class Pipeline<T> {
  readonly #watermark = new Watermark<T | undefined>();
  #gaps: Gap[] = [];
  /** Row id -> its handles of the watermark: it came by the live path, by the sweep, or by both. */
  readonly #onTheWay = new Map<string, number[]>();
  /** Marked while the sweep publishes what it has read before. */
  readonly #markedMeanwhile = new Set<string>();
  #sweepPublishes = false;

  /** To be called before the live path starts from now on, without a token. */
  beginAnew(): void {
    const waiting = new Set(this.#onTheWay.keys());
    this.#gaps.push({ handle: this.#watermark.add(undefined), waiting, isSwept: false });
  }

  /** @returns what its end closes: a gap that opens later needs another sweep */
  sweepBegins(): readonly Gap[] {
    return [...this.#gaps];
  }
  sweepEnds(gaps: readonly Gap[]): void {
    for (const gap of gaps) gap.isSwept = true;
    this.#closeGaps();
  }

  #closeGaps(): void {
    for (const { handle } of this.#gaps.filter(isClosed)) this.#watermark.done(handle);
    this.#gaps = this.#gaps.filter((gap) => !isClosed(gap));
  }

  /** The live path has read a row. One that is on its way already is not sent a second time. */
  read(token: T, id: string): readonly Command[] {
    const handle = this.#watermark.add(token);
    const handles = this.#onTheWay.get(id);
    if (handles) {
      handles.push(handle);
      return NOTHING;
    }
    this.#onTheWay.set(id, [handle]);
    return PUBLISH;
  }

  /** The live path has read something that needs no publishing. */
  passed(token: T): void {
    this.#watermark.done(this.#watermark.add(token));
  }

  /** Is the sweep's business not any more: on its way, or marked since the sweep has read it. */
  isKnown(id: string): boolean {
    return this.#onTheWay.has(id) || this.#markedMeanwhile.has(id);
  }

  /** The sweep has found a row. */
  swept(id: string): readonly Command[] {
    if (this.isKnown(id)) return NOTHING;
    this.#onTheWay.set(id, []);
    for (const { waiting } of this.#gaps) waiting.add(id);
    return PUBLISH;
  }

  /** The broker has answered, or the row can't be sent at all. */
  settled(_id: string, outcome: Outcome): readonly MarkCommand[] {
    return [{ do: "mark", outcome }];
  }

  /** The mark is durable. Only now may a checkpoint pass the row. */
  marked(id: string): void {
    const handles = this.#onTheWay.get(id);
    this.#onTheWay.delete(id);
    if (this.#sweepPublishes) this.#markedMeanwhile.add(id);
    for (const handle of handles ?? []) this.#watermark.done(handle);
    if (this.#gaps.length === 0) return;
    for (const { waiting } of this.#gaps) waiting.delete(id);
    this.#closeGaps();
  }

  /** True between a reading of rows by the sweep and their publishing. */
  sweepPublishes(publishes: boolean): void {
    this.#sweepPublishes = publishes;
    if (!publishes) this.#markedMeanwhile.clear();
  }

  /** Rows between publish and mark. */
  get size(): number {
    return this.#onTheWay.size;
  }
  /** Read from the change stream and not finished. */
  get pending(): number {
    return this.#watermark.pending;
  }
  /** Of the last event of the finished prefix. */
  get passedToken(): T | undefined {
    return this.#watermark.token;
  }
  /** For the checkpoint: no further than the watermark; when nothing is pending, the stream's own idle token is as good. */
  safeToken(idle: T | undefined): T | undefined {
    return this.#watermark.pending > 0 ? this.#watermark.token : (idle ?? this.#watermark.token);
  }
}
