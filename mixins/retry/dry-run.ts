/** What a replay would do, and whether it is allowed; changes nothing. */
import { queueOf } from "../amqp/names.ts";
import { INBOX, type InboxEntry, inboxKey } from "../idempotency/inbox.ts";
import { AppError } from "../kit/errors.ts";
import type { Archive } from "./archive-batch.ts";
import { contentOf } from "./body.ts";
import type { DeadLetter, DeadLetterStatus } from "./dead-letter.ts";
import { contractVerdict } from "./edit.ts";
import { decideReplay, isWithinRetention } from "./model.ts";
import type { Answer, Asked } from "./questions.ts";
import { find } from "./read.ts";
import type { ReplayOptions } from "./replay.ts";
import { settleOne } from "./settle.ts";

/** Of the body that would be sent, bytes. */
const MAX_SHOWN_BYTES = 256 * 1024;

export async function dryRun(archive: Archive, { id, ...options }: Asked<"dryRun">): Promise<Answer<"dryRun">> {
  const { db, backbone, service } = archive;
  await settleOne(archive, id);
  const letter = await find(archive, id);
  const content = await contentOf(db, letter);
  const keys = [letter.eventId, ...letter.replayedAs]
    .filter((eventId) => eventId !== null)
    .map((eventId) => inboxKey(service, eventId));
  const done = await db.collection<InboxEntry>(INBOX).findOne({ _id: { $in: keys } });
  const refusal = refusalOf(() => decideOn(archive, letter, content, options));
  return {
    id,
    allowed: refusal === null,
    refusal,
    contract: contractVerdict(content, backbone.registry),
    inbox: {
      done: done !== null || letter.status === "resolved",
      handledAt: done?.at.toISOString() ?? null,
      withinRetention: isWithinRetention(letter, backbone.env.INBOX_RETENTION_DAYS, backbone.clock()),
    },
    queue: queueOf(service),
    episode: letter.episode + 1,
    eventId: letter.replayedAs.at(-1) ?? letter.eventId,
    eventType: letter.eventType,
    body: content.subarray(0, MAX_SHOWN_BYTES).toString("utf8"),
  };
}

/** The decision with what the archive knows. @throws what `decideReplay` throws */
export function decideOn(
  { backbone }: Archive,
  letter: DeadLetter,
  content: Buffer,
  options: ReplayOptions,
): DeadLetterStatus {
  return decideReplay(letter, {
    contract: contractVerdict(content, backbone.registry),
    inboxRetentionDays: backbone.env.INBOX_RETENTION_DAYS,
    force: options.force ?? false,
    newEventId: options.newEventId ?? false,
    now: backbone.clock(),
  });
}

function refusalOf(decide: () => unknown): Answer<"dryRun">["refusal"] {
  try {
    decide();
    return null;
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, message: error.message };
    throw error;
  }
}
