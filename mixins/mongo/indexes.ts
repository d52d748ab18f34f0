/** The collections that every service database holds for the backbone, with their indexes. Idempotent. */
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
    // One index for both: TTL on published rows, and the sweep's unpublished ones (null, in insertion order).
    db.collection(OUTBOX).createIndex({ publishedAt: 1 }, { expireAfterSeconds: env.OUTBOX_RETENTION_DAYS * DAY_S }),
    // Of replays only: a fact's row has the eventId as its _id.
    db
      .collection(OUTBOX)
      .createIndex({ eventId: 1 }, { name: "replays", partialFilterExpression: { target: { $exists: true } } }),
    db.collection(OUTBOX).createIndex({ person: 1 }, { partialFilterExpression: { person: { $exists: true } } }),
    db.collection(ERASED).createIndex({ at: 1 }, { expireAfterSeconds: env.INBOX_RETENTION_DAYS * DAY_S }),
    db.collection(IDEMPOTENCY).createIndex({ at: 1 }, { expireAfterSeconds: DAY_S }),
    db.collection(INBOX).createIndex({ at: 1 }, { expireAfterSeconds: env.INBOX_RETENTION_DAYS * DAY_S }),
    db.collection(ATTEMPTS).createIndex({ at: 1 }, { expireAfterSeconds: env.INBOX_RETENTION_DAYS * DAY_S }),
    db.collection(DEAD_LETTERS).createIndex({ status: 1, consumer: 1, eventType: 1, _id: 1 }),
    db.collection(DEAD_LETTERS).createIndex({ fingerprint: 1, status: 1 }),
    db.collection(DEAD_LETTERS).createIndex({ eventId: 1 }),
    db.collection(DEAD_LETTERS).createIndex({ replayedAs: 1 }),
    // The list's order, newest first.
    db.collection(DEAD_LETTERS).createIndex({ deadAt: -1, _id: -1 }),
    db.collection(DEAD_LETTER_CHUNKS).createIndex({ deadLetterId: 1, index: 1 }),
    db.collection(DEAD_LETTER_AUDIT).createIndex({ deadLetterId: 1, at: 1 }),
  ]);
}
