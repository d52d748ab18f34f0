/** From a dead letter to the outbox row that sends it again, to its own consumer's queue and to nobody else. */
import { HEADER, queueOf } from "../amqp/names.ts";
import type { Version } from "../kit/contracts.ts";
import { InvalidInputError } from "../kit/errors.ts";
import { newId } from "../kit/ids.ts";
import { metaOf } from "../outbox/message.ts";
import type { OutboxRow } from "../outbox/row.ts";
import type { Archive } from "./archive-batch.ts";
import { storedForm } from "./body.ts";
import { DEAD_LETTERS, type DeadLetter } from "./dead-letter.ts";
import { type Readable, readable } from "./incoming.ts";
import type { Asked } from "./questions.ts";
import { matchOf } from "./read.ts";
import { settleReplays } from "./settle.ts";

export type ReplayOptions = Pick<Asked<"replay">, "newEventId" | "force">;

export interface Replay {
  row: OutboxRow;
  set: Pick<DeadLetter, "episode" | "replayedAs" | "body" | "bodyEncoding" | "bytes">;
}

/** Pure but for the new ids. `content` fits the contract: that has been decided before. */
export function replayOf(letter: DeadLetter, content: Buffer, withNewId: boolean): Replay {
  const envelope = readable(content) as Required<Readable>;
  const eventId = withNewId ? newId() : envelope.eventId;
  const body = withNewId ? JSON.stringify({ ...envelope, eventId }) : content.toString("utf8");
  const episode = letter.episode + 1;
  const row: OutboxRow = {
    _id: newId(),
    eventId,
    eventType: envelope.eventType,
    version: envelope.version as Version,
    timestamp: new Date(envelope.timestamp),
    body,
    // Whoever caused the event stays its cause; who replayed it is in the audit.
    meta: metaOf({ properties: letter.properties as never }),
    target: {
      queue: queueOf(letter.consumer),
      headers: { [HEADER.episode]: episode, [HEADER.deadLetter]: letter._id },
    },
    publishedAt: null,
  };
  const replayedAs = withNewId ? [...letter.replayedAs, eventId] : letter.replayedAs;
  return {
    row,
    set: { episode, replayedAs, ...storedForm(Buffer.from(body)) },
  };
}

/** @throws InvalidInputError when the selection says nothing */
export async function selectedIds(
  archive: Archive,
  filter: Asked<"replaySelection">["filter"],
  ids: string[] | undefined,
  limit: number,
) {
  const named = Object.keys(filter ?? {}).filter((field) => field !== "status");
  if ((ids === undefined) === (named.length === 0)) {
    const message = "Name either ids, or a filter with at least a consumer, an eventType or a fingerprint.";
    throw new InvalidInputError(message, {
      errors: [{ path: "/filter", message }],
    });
  }
  if (ids) return { ids, remaining: 0 };
  await settleReplays(archive);
  const letters = archive.db.collection<DeadLetter>(DEAD_LETTERS);
  const match = matchOf({ ...filter, status: filter?.status ?? "open" });
  // Oldest first: as they would have been handled.
  const found = await letters
    .find(match, { projection: { _id: 1 } })
    .sort({ deadAt: 1, _id: 1 })
    .limit(limit)
    .toArray();
  const remaining = Math.max(0, (await letters.countDocuments(match)) - found.length);
  return { ids: found.map(({ _id }) => _id), remaining };
}
