/** Questions about a service's dead letters. Each settles first, so that what it tells agrees with the inbox. */
import type { Filter } from "mongodb";
import { inboxKey } from "../idempotency/inbox.ts";
import { InvalidInputError } from "../kit/errors.ts";
import { MAX_TIME_MS } from "../mongo/client.ts";
import type { Archive } from "./archive-batch.ts";
import { contentOf } from "./body.ts";
import {
  ATTEMPTS,
  type AttemptsEntry,
  type AuditEntry,
  DEAD_LETTER_AUDIT,
  DEAD_LETTERS,
  type DeadLetter,
} from "./dead-letter.ts";
import { contractVerdict } from "./edit.ts";
import { DeadLetterNotFoundError } from "./errors.ts";
import type { Answer, Asked } from "./questions.ts";
import { settleOne, settleReplays } from "./settle.ts";
import { auditView, type DetailView, detailView, itemView } from "./views.ts";

export const DEFAULT_LIMIT = 20;
const MAX_AUDIT_SHOWN = 200;
const MAX_GROUPS = 200;

export type LetterFilter = Pick<Asked<"list">, "consumer" | "eventType" | "fingerprint" | "status">;

export const matchOf = ({ consumer, eventType, fingerprint, status }: LetterFilter): Filter<DeadLetter> => ({
  ...(consumer !== undefined && { consumer }),
  ...(eventType !== undefined && { eventType }),
  ...(fingerprint !== undefined && { fingerprint }),
  ...(status !== undefined && { status }),
});

/** Newest first, by the time of death and the id: the same order in every service, so their pages can be merged. */
export async function list(
  archive: Archive,
  { cursor, limit = DEFAULT_LIMIT, ...filter }: Asked<"list">,
): Promise<Answer<"list">> {
  await settleReplays(archive);
  const after = cursor === undefined ? undefined : cursorOf(cursor);
  const match: Filter<DeadLetter> = {
    ...matchOf(filter),
    ...(after && {
      $or: [{ deadAt: { $lt: after.at } }, { deadAt: after.at, _id: { $lt: after.id } }],
    }),
  };
  const found = await archive.db
    .collection<DeadLetter>(DEAD_LETTERS)
    .find(match, {
      projection: { body: 0, properties: 0 },
      maxTimeMS: MAX_TIME_MS,
    })
    .sort({ deadAt: -1, _id: -1 })
    .limit(limit + 1)
    .toArray();
  return pageOf(found.map(itemView), limit);
}

type ListItem = Answer<"list">["items"][number];

/** The first `limit` of them, and where the next page begins. `more`: there are others behind them. */
export function pageOf(sorted: ListItem[], limit: number, more = false): Answer<"list"> {
  const items = sorted.slice(0, limit);
  const last = items.at(-1);
  const nextCursor =
    (more || sorted.length > limit) && last ? Buffer.from(`${last.deadAt}|${last.id}`).toString("base64url") : null;
  return { items, nextCursor };
}

/** @throws InvalidInputError */
function cursorOf(cursor: string): { at: Date; id: string } {
  const [time = "", id = ""] = Buffer.from(cursor, "base64url").toString("utf8").split("|");
  const at = new Date(time);
  if (Number.isNaN(at.getTime()) || id === "") {
    throw new InvalidInputError("The cursor is not one of ours; take it from nextCursor.", {
      errors: [{ path: "/cursor", message: "is not a cursor" }],
    });
  }
  return { at, id };
}

/** Default: the open ones. */
export async function groups(archive: Archive, filter: Asked<"groups">): Promise<Answer<"groups">> {
  await settleReplays(archive);
  type Row = Omit<Answer<"groups">["items"][number], "firstSeen" | "lastSeen"> & { firstSeen: Date; lastSeen: Date };
  const rows = await archive.db
    .collection<DeadLetter>(DEAD_LETTERS)
    .aggregate<Row>(
      [
        { $match: matchOf({ status: "open", ...filter }) },
        { $sort: { deadAt: 1 } },
        {
          $group: {
            _id: "$fingerprint",
            consumer: { $first: "$consumer" },
            eventType: { $first: "$eventType" },
            code: { $first: "$code" },
            count: { $sum: 1 },
            firstSeen: { $min: "$firstFailedAt" },
            lastSeen: { $max: "$deadAt" },
            sample: { $last: { id: "$_id", message: "$message" } },
          },
        },
        { $sort: { count: -1, _id: 1 } },
        { $limit: MAX_GROUPS },
        { $set: { fingerprint: "$_id" } },
      ],
      { maxTimeMS: MAX_TIME_MS, allowDiskUse: true },
    )
    .toArray();
  return {
    items: rows.map((row) => ({
      ...row,
      firstSeen: row.firstSeen.toISOString(),
      lastSeen: row.lastSeen.toISOString(),
    })),
  };
}

/** @throws DeadLetterNotFoundError */
export async function find({ db }: Archive, id: string): Promise<DeadLetter> {
  const letter = await db.collection<DeadLetter>(DEAD_LETTERS).findOne({ _id: id }, { maxTimeMS: MAX_TIME_MS });
  if (!letter) throw new DeadLetterNotFoundError(id);
  return letter;
}

/** With its error chain, its audit and what the contract says about its body now. */
export async function show(archive: Archive, { id }: Asked<"show">): Promise<DetailView> {
  await settleOne(archive, id);
  const letter = await find(archive, id);
  const { db, service, backbone } = archive;
  const keys = [letter.eventId, ...letter.replayedAs]
    .filter((eventId) => eventId !== null)
    .map((eventId) => inboxKey(service, eventId));
  const [content, attempts, audit] = await Promise.all([
    contentOf(db, letter),
    db
      .collection<AttemptsEntry>(ATTEMPTS)
      .find({ _id: { $in: keys } })
      .toArray(),
    db
      .collection<AuditEntry>(DEAD_LETTER_AUDIT)
      .find({ deadLetterId: id })
      .sort({ _id: 1 })
      .limit(MAX_AUDIT_SHOWN)
      .toArray(),
  ]);
  const failures = attempts.flatMap((entry) => entry.failures).sort((a, b) => a.at.getTime() - b.at.getTime());
  return detailView(letter, {
    content,
    failures,
    audit,
    contract: contractVerdict(content, backbone.registry),
  });
}

/** Newest first. */
export async function audit({ db }: Archive, params: Asked<"audit">): Promise<Answer<"audit">> {
  const { cursor, limit = DEFAULT_LIMIT, deadLetterId, actorId, step } = params;
  const match: Filter<AuditEntry> = {
    ...(deadLetterId !== undefined && { deadLetterId }),
    ...(actorId !== undefined && { actorId }),
    ...(step !== undefined && { step }),
    ...(cursor !== undefined && {
      _id: { $lt: Buffer.from(cursor, "base64url").toString("utf8") },
    }),
  };
  const found = await db
    .collection<AuditEntry>(DEAD_LETTER_AUDIT)
    .find(match, { maxTimeMS: MAX_TIME_MS })
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
  return auditPageOf(found.map(auditView), limit);
}

export function auditPageOf(sorted: Answer<"audit">["items"], limit: number, more = false): Answer<"audit"> {
  const items = sorted.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    nextCursor: (more || sorted.length > limit) && last ? Buffer.from(last.id).toString("base64url") : null,
  };
}
