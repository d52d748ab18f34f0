/**
 * Hints for staff; they change neither the ticket's state nor its version. Delivery may be re-ordered: what was made of
 * an older text changes nothing any more.
 */
import { onTogether, SLOW } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { TicketDoc } from "../model.ts";
import { TICKETS } from "../repository.ts";

interface Hint<H extends "flagged" | "summary"> {
  subject: { type: string; id: string };
  revision: number;
  value: TicketDoc[H];
}

async function keep<H extends "flagged" | "summary">(tx: Tx<"tickets">, name: H, hints: Hint<H>[]): Promise<void> {
  const known = `hintRevisions.${name}`;
  const updates = hints
    .filter(({ subject }) => subject.type === "ticket")
    .map(({ subject, revision, value }) => {
      const isNewer = { $or: [{ [known]: { $exists: false } }, { [known]: { $lte: revision } }] };
      const update = { $set: { [name]: value, [known]: revision } };
      return { updateOne: { filter: { _id: subject.id, ...isNewer }, update } };
    });
  if (updates.length > 0) await tx.collection<TicketDoc>(TICKETS).bulkWrite(updates as never);
}

export const onModerationResult = onTogether<"ai.moderation_result", "tickets">(
  ["ai.moderation_result"],
  (arrivals) =>
    keep(
      arrivals[0].tx,
      "flagged",
      arrivals.map(({ event: { payload } }) => ({ ...payload, value: payload.flagged })),
    ),
  SLOW,
);

export const onSummaryReady = onTogether<"ai.summary_ready", "tickets">(
  ["ai.summary_ready"],
  (arrivals) =>
    keep(
      arrivals[0].tx,
      "summary",
      arrivals.map(({ event: { payload } }) => ({ ...payload, value: payload.summary })),
    ),
  SLOW,
);
