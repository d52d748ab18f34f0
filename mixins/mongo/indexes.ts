/**
 * The collections that every service database holds for the backbone, with their indexes. Idempotent. All indexes of a
 * collection are made by one command: side by side, each build waits for the others of its collection, and a first
 * start took several times as long.
 */
import type { Db } from "mongodb";
import { IDEMPOTENCY } from "../idempotency/command.ts";
import { INBOX } from "../idempotency/inbox.ts";
import type { Env } from "../kit/env.ts";
import { OUTBOX } from "../outbox/row.ts";
import { ERASED } from "../privacy/erase.ts";
import { ATTEMPTS, DEAD_LETTER_AUDIT, DEAD_LETTER_CHUNKS, DEAD_LETTERS } from "../retry/dead-letter.ts";

const DAY_S = 24 * 3600;

export async function ensureBackboneIndexes(
  db: Db,
  env: Pick<Env, "OUTBOX_RETENTION_DAYS" | "INBOX_RETENTION_DAYS">,
): Promise<void> {
  await Promise.all([
    db.collection(OUTBOX).createIndexes([
      // One index for both: TTL on published rows, and the sweep's unpublished ones (null, in insertion order).
      { key: { publishedAt: 1 }, expireAfterSeconds: env.OUTBOX_RETENTION_DAYS * DAY_S },
      // Of replays only: a fact's row has the eventId as its _id.
      { key: { eventId: 1 }, name: "replays", partialFilterExpression: { target: { $exists: true } } },
      { key: { person: 1 }, partialFilterExpression: { person: { $exists: true } } },
    ]),
    db.collection(ERASED).createIndexes([{ key: { at: 1 }, expireAfterSeconds: env.INBOX_RETENTION_DAYS * DAY_S }]),
    db.collection(IDEMPOTENCY).createIndexes([{ key: { at: 1 }, expireAfterSeconds: DAY_S }]),
    db.collection(INBOX).createIndexes([{ key: { at: 1 }, expireAfterSeconds: env.INBOX_RETENTION_DAYS * DAY_S }]),
    db.collection(ATTEMPTS).createIndexes([{ key: { at: 1 }, expireAfterSeconds: env.INBOX_RETENTION_DAYS * DAY_S }]),
    db.collection(DEAD_LETTERS).createIndexes([
      { key: { status: 1, consumer: 1, eventType: 1, _id: 1 } },
      { key: { fingerprint: 1, status: 1 } },
      { key: { eventId: 1 } },
      { key: { replayedAs: 1 } },
      // The list's order, newest first.
      { key: { deadAt: -1, _id: -1 } },
    ]),
    db.collection(DEAD_LETTER_CHUNKS).createIndexes([{ key: { deadLetterId: 1, index: 1 } }]),
    db.collection(DEAD_LETTER_AUDIT).createIndexes([{ key: { deadLetterId: 1, at: 1 } }]),
  ]);
}
