/**
 * Sends again what the broker has taken: after it lost its data, or for a service whose database is that of a backup.
 * The rows wait once more and the relay's sweep does the rest; whoever has handled an event knows it by the inbox.
 */
import type { Collection } from "mongodb";
import { InvalidInputError } from "../kit/errors.ts";
import { MAX_TIME_MS } from "../mongo/client.ts";
import { MAX_COUNT, type Republish, type Republished } from "./questions.ts";
import type { OutboxRow } from "./row.ts";

/** Rows of one service at a time, so that a step stays short: whoever wants more asks again. */
const AT_ONCE = 10_000;
const DAY_MS = 24 * 3_600_000;
/** Whoever has set the end may have a clock that is fast. What is sent again within that time is found again: no harm. */
const CLOCKS_DIFFER_MS = 10_000;

/** Pure. @throws InvalidInputError */
export function checkInterval({ from, to }: Republish, now: Date, inboxRetentionDays: number): void {
  const [begin, end] = [new Date(from), new Date(to)];
  if (begin >= end) throw refused("/from", "from must be before to.");
  if (end.getTime() > now.getTime() + CLOCKS_DIFFER_MS)
    throw refused("/to", "to must not be in the future: what is sent again would be found again.");
  if (now.getTime() - begin.getTime() > inboxRetentionDays * DAY_MS) {
    const reach = `the inboxes reach back ${inboxRetentionDays} days (INBOX_RETENTION_DAYS)`;
    throw refused("/from", `from is too long ago: ${reach}, and older events would take effect a second time.`);
  }
}

const refused = (path: string, message: string): InvalidInputError =>
  new InvalidInputError(message, { errors: [{ path, message }] });

/** The oldest first. Facts and replays alike. `by`: whoever asks, kept on the row. */
export async function republish(
  outbox: Collection<OutboxRow>,
  { from, to, eventType, dryRun = false }: Republish,
  by: string,
  now: Date,
): Promise<Omit<Republished, "service">> {
  const published = {
    publishedAt: { $gte: new Date(from), $lt: new Date(to) },
    ...(eventType !== undefined && { eventType }),
  };
  const found = await outbox.countDocuments(published, { limit: MAX_COUNT, maxTimeMS: MAX_TIME_MS });
  if (dryRun || found === 0) return { found, republished: 0 };
  const oldest = outbox.find(published, { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS });
  const ids = (await oldest.sort({ publishedAt: 1 }).limit(AT_ONCE).toArray()).map(({ _id }) => _id);
  // The epoch stays: a holder of an earlier one that wakes up now must not mark them.
  const { modifiedCount } = await outbox.updateMany(
    { _id: { $in: ids }, ...published },
    { $set: { publishedAt: null, republish: { at: now, by } } },
  );
  return { found, republished: modifiedCount };
}
