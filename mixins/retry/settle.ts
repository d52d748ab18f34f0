/**
 * Makes `resolved` true: a dead letter whose event the inbox shows as done. Called before every read and every step,
 * and by the archiver from time to time, so that it is on record before the inbox entry expires.
 */
import type { Filter } from "mongodb";
import { INBOX, inboxKey } from "../idempotency/inbox.ts";
import { newId } from "../kit/ids.ts";
import { MAX_TIME_MS } from "../mongo/client.ts";
import { withTransaction } from "../mongo/transaction.ts";
import type { Archive } from "./archive-batch.ts";
import { type AuditEntry, DEAD_LETTER_AUDIT, DEAD_LETTERS, type DeadLetter } from "./dead-letter.ts";

/** Handled after a replay. Cheap: looks only at what is being replayed. @returns how many became resolved */
export const settleReplays = (archive: Archive): Promise<number> => settleWhere(archive, { status: "replaying" });

/** Also those that a late duplicate on the wire has brought through by itself. */
export const settle = (archive: Archive): Promise<number> =>
  settleWhere(archive, { status: { $in: ["replaying", "open", "discarded"] } });

export const settleOne = (archive: Archive, id: string): Promise<number> =>
  settleWhere(archive, { _id: id, status: { $ne: "resolved" } });

const BATCH = 200;

async function settleWhere(archive: Archive, where: Filter<DeadLetter>): Promise<number> {
  let resolved = 0;
  for (;;) {
    const found = await handled(archive, where);
    let now = 0;
    for (const letter of found) now += await resolve(archive, letter);
    resolved += now;
    if (found.length < BATCH || now === 0) return resolved;
  }
}

type Found = Pick<DeadLetter, "_id" | "eventId" | "version" | "status"> & {
  done: { eventId: string; at: Date; attempt: number }[];
};

/** One query: MongoDB looks each letter's ids up in the inbox. */
function handled({ db, service }: Archive, where: Filter<DeadLetter>): Promise<Found[]> {
  const keyOf = (id: string) => ({ $concat: [inboxKey(service, ""), id] });
  const ids = {
    $concatArrays: ["$replayedAs", { $cond: [{ $ifNull: ["$eventId", false] }, ["$eventId"], []] }],
  };
  return db
    .collection<DeadLetter>(DEAD_LETTERS)
    .aggregate<Found>(
      [
        { $match: where },
        {
          $project: {
            eventId: 1,
            version: 1,
            status: 1,
            keys: { $map: { input: ids, in: keyOf("$$this") } },
          },
        },
        {
          $lookup: {
            from: INBOX,
            localField: "keys",
            foreignField: "_id",
            as: "done",
          },
        },
        { $match: { "done.0": { $exists: true } } },
        { $limit: BATCH },
      ],
      { maxTimeMS: MAX_TIME_MS },
    )
    .toArray();
}

async function resolve(
  { backbone, db, service }: Archive,
  { _id, eventId, version, status, done }: Found,
): Promise<number> {
  const at = backbone.clock();
  return withTransaction(backbone.client, async (session) => {
    const change = {
      $set: {
        status: "resolved" as const,
        version: version + 1,
        updatedAt: at,
      },
    };
    const { matchedCount } = await db
      .collection<DeadLetter>(DEAD_LETTERS)
      .updateOne({ _id, version }, change, { session });
    // Somebody else has settled or changed it meanwhile; the next look tells.
    if (matchedCount === 0) return 0;
    const [entry] = done;
    const detail = {
      from: status,
      handledAt: entry?.at,
      handledAs: entry?.eventId,
      attempt: entry?.attempt,
    };
    const audit: AuditEntry = {
      _id: newId(),
      deadLetterId: _id,
      consumer: service,
      eventId,
      step: "resolved",
      at,
      actorId: `system:${service}`,
      detail,
    };
    await db.collection<AuditEntry>(DEAD_LETTER_AUDIT).insertOne(audit, { session });
    return 1;
  });
}
