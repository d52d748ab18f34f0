/**
 * What the relay asks of an `outbox` collection: which rows wait, and how an outcome is written back. Pure; the
 * simulation runs the same filters and updates on a store of its own.
 */
import type { AnyBulkWriteOperation, Filter, UpdateFilter } from "mongodb";
import type { Outcome } from "../amqp/publisher.ts";
import type { OutboxRow } from "./row.ts";

/** Rows that no broker has taken yet and that can be sent. */
export const UNPUBLISHED: Filter<OutboxRow> = { publishedAt: null, failed: { $exists: false } };
/** Those of them that no queue was bound for when they were last tried. */
export const RETURNED: Filter<OutboxRow> = { ...UNPUBLISHED, unroutable: { $exists: true } };
export const NEVER_RETURNED: Filter<OutboxRow> = { ...UNPUBLISHED, unroutable: { $exists: false } };

/** Never un-publishes, and never overwrites the mark of a later epoch. */
const fenced = (epoch: number): Filter<OutboxRow> => ({ publishedAt: null, epoch: { $not: { $gt: epoch } } });

export interface MarkQuery {
  filter: Filter<OutboxRow>;
  update: UpdateFilter<OutboxRow>;
}

/** Confirmed and routed, any number of rows at once. */
export const publishedMark = (ids: string[], epoch: number): MarkQuery => ({
  filter: { _id: { $in: ids }, ...fenced(epoch) },
  update: { $currentDate: { publishedAt: true }, $set: { epoch }, $unset: { unroutable: "" } },
});

/** Returned by the broker, or never publishable. */
export function unpublishedMark(
  id: string,
  outcome: Exclude<Outcome, { kind: "routed" }>,
  epoch: number,
  now: Date,
): MarkQuery {
  const update =
    outcome.kind === "failed"
      ? { $set: { epoch, failed: { at: now, reason: outcome.reason } } }
      : {
          $set: { epoch, "unroutable.lastTriedAt": now },
          $min: { "unroutable.since": now },
          $inc: { "unroutable.count": 1 },
        };
  return { filter: { _id: id, ...fenced(epoch) }, update: update as UpdateFilter<OutboxRow> };
}

export const inBulk = ({ filter, update }: MarkQuery): AnyBulkWriteOperation<OutboxRow> => ({
  updateOne: { filter, update },
});
