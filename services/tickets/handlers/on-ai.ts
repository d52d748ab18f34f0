/**
 * Hints for staff; they change neither the ticket's state nor its version. Delivery may be re-ordered: what was made of
 * an older text changes nothing any more.
 */
import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { TicketDoc } from "../model.ts";
import { TICKETS } from "../repository.ts";

type Hint = "flagged" | "summary";

async function keep<H extends Hint>(
  tx: Tx<"tickets">,
  { subject, revision }: { subject: { type: string; id: string }; revision: number },
  hint: H,
  value: TicketDoc[H],
): Promise<void> {
  if (subject.type !== "ticket") return;
  const known = `hintRevisions.${hint}`;
  const isNewer = { $or: [{ [known]: { $exists: false } }, { [known]: { $lte: revision } }] };
  await tx
    .collection<TicketDoc>(TICKETS)
    .updateOne({ _id: subject.id, ...isNewer } as object, { $set: { [hint]: value, [known]: revision } as object });
}

export const onModerationResult = onEvent("ai.moderation_result", ({ payload }, tx: Tx<"tickets">) =>
  keep(tx, payload, "flagged", payload.flagged),
);

export const onSummaryReady = onEvent("ai.summary_ready", ({ payload }, tx: Tx<"tickets">) =>
  keep(tx, payload, "summary", payload.summary),
);
