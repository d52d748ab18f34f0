/** A peer: the outbox as most of its kind do it: look every so often, publish a batch, mark it, look again. */
import type { Db } from "mongodb";
import { messageOf } from "../../mixins/outbox/message.ts";
import type { OutboxRow } from "../../mixins/outbox/row.ts";
import type { RawPublisher } from "./raw-publish.ts";

const BATCH = 500;

export interface PollingOutbox {
  published: () => number;
  stop: () => Promise<void>;
}

/** A full batch is followed by the next one at once; otherwise it waits. `exchange`: instead of the row's own. */
export function pollOutbox(
  db: Db,
  publisher: RawPublisher,
  { intervalMs, exchange }: { intervalMs: number; exchange?: string },
): PollingOutbox {
  const outbox = db.collection<OutboxRow>("outbox");
  let running = true;
  let published = 0;
  let wake = (): void => {};
  const round = async (): Promise<boolean> => {
    const rows = await outbox.find({ publishedAt: null }).sort({ _id: 1 }).limit(BATCH).toArray();
    if (rows.length === 0) return false;
    for (const row of rows) await publisher.publish({ ...messageOf(row), ...(exchange && { exchange }) });
    await publisher.drained();
    await outbox.updateMany({ _id: { $in: rows.map(({ _id }) => _id) } }, { $set: { publishedAt: new Date() } });
    published += rows.length;
    return rows.length === BATCH;
  };
  const loop = (async () => {
    while (running) {
      if (await round()) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, intervalMs);
      });
    }
  })();
  const stop = async (): Promise<void> => {
    running = false;
    wake();
    await loop;
  };
  return { published: () => published, stop };
}
