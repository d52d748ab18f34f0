/**
 * A MongoDB as far as the backbone sees it: documents, one oplog, atomic operations, a clock of its own that may jump.
 * It runs the real filters and updates (mingo interprets MongoDB's query language).
 */
import { Aggregator } from "mingo/aggregator";
import { Context } from "mingo/core";
import { $add, $literal, $lte } from "mingo/operators/expression";
import { $set } from "mingo/operators/pipeline";
import { $eq, $exists, $expr, $gt, $in, $not, $or } from "mingo/operators/query";
import { Query } from "mingo/query";
import { update } from "mingo/updater";
import { LEASE_ID } from "../mixins/outbox/lease-rules.ts";
import type { OutboxRow } from "../mixins/outbox/row.ts";

/** Only what is used: mingo copies its table of operators for every query. */
const options = {
  context: Context.init({
    query: { $eq, $exists, $expr, $gt, $in, $not, $or },
    expression: { $add, $literal, $lte },
    pipeline: { $set },
  } as never),
};

export interface LeaseState {
  _id: string;
  holder: string;
  epoch: number;
  expiresAt: Date;
  token?: number;
}

export interface Fence {
  _id: string;
  fence: true;
}

const compiled = new WeakMap<object, Query>();

export class Store {
  readonly outbox = new Map<string, OutboxRow>();
  /** Inserts in commit order; an event's position is its index. */
  readonly oplog: (OutboxRow | Fence)[] = [];
  /** Positions before this one can't be resumed from any more. */
  truncatedTo = 0;
  lease: LeaseState = { _id: LEASE_ID, holder: "", epoch: 0, expiresAt: new Date(0) };
  /** Milliseconds of the server's clock. */
  now = 1_000_000;
  /** Asked before any checkpoint is written. */
  readonly onCheckpoint: (token: number) => void;
  readonly onMark: (row: OutboxRow) => void;
  /** By identity: the fixed filters are compiled once. */
  readonly #queries = compiled;

  constructor(watch: { onCheckpoint: (token: number) => void; onMark: (row: OutboxRow) => void }) {
    this.onCheckpoint = watch.onCheckpoint;
    this.onMark = watch.onMark;
  }

  insert(row: OutboxRow | Fence): void {
    if (!("fence" in row)) this.outbox.set(row._id, structuredClone(row));
    this.oplog.push(row);
  }

  find(filter: object): OutboxRow[] {
    const query = this.#queries.get(filter) ?? new Query(filter as never, options as never);
    this.#queries.set(filter, query);
    return [...this.outbox.values()].filter((row) => query.test(row as never));
  }

  mark(filter: object, change: object): void {
    for (const row of this.find(filter)) {
      const wasPublished = row.publishedAt !== null;
      update(row as never, withDate(change, this.now) as never, [], {}, { queryOptions: options } as never);
      if (!wasPublished && row.publishedAt !== null) this.onMark(row);
    }
  }

  /** @returns the lease after the change; undefined when the filter does not match */
  changeLease(filter: object, pipeline: object): LeaseState | undefined {
    const now = new Date(this.now);
    if (!new Query(withNow(filter, now) as never, options as never).test(this.lease as never)) return undefined;
    const before = this.lease.token;
    if (Array.isArray(pipeline)) {
      this.lease = new Aggregator(withNow(pipeline, now) as never, options as never).run([
        this.lease,
      ])[0] as unknown as LeaseState;
    } else update(this.lease as never, pipeline as never, [], {}, { queryOptions: options } as never);
    if (this.lease.token !== undefined && this.lease.token !== before) this.onCheckpoint(this.lease.token);
    return this.lease;
  }
}

/** mingo knows the machine's clock only. */
function withNow(value: unknown, now: Date): unknown {
  if (value === "$$NOW") return now;
  if (Array.isArray(value)) return value.map((one) => withNow(one, now));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withNow(one, now)]));
}

function withDate(change: object, now: number): object {
  const { $currentDate, ...rest } = change as { $currentDate?: object; $set?: object };
  if (!$currentDate) return rest;
  const dates = Object.fromEntries(Object.keys($currentDate).map((key) => [key, new Date(now)]));
  return { ...rest, $set: { ...rest.$set, ...dates } };
}
