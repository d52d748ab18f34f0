/**
 * New and changed texts are judged. The outside question is a job's: it is never asked inside of a transaction. What the
 * house knows by itself needs none.
 */
import { BRIEF, onEvent } from "../../../mixins/consumer/handler.ts";
import type { JobRunner } from "../../../mixins/jobs/runner.ts";
import type { EventName, PayloadOf } from "../../../mixins/kit/contracts.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { ANALYSE, judged } from "../analyse.ts";
import { localProvider } from "../local/provider.ts";
import { type Analysis, isLong, keyOf } from "../model.ts";
import type { AiProvider } from "../provider.ts";
import { dropSummaries, isJudged, THREADS, type ThreadDoc } from "../repository.ts";
import { type LongThread, SUMMARISE } from "../summarise.ts";

type Reading<K extends EventName> = (payload: PayloadOf<K>) => Analysis;

type TicketText = Pick<
  PayloadOf<"ticket.updated">,
  "ticketId" | "version" | "buildingId" | "reporterId" | "title" | "description"
>;
const ticket = ({ ticketId, version, buildingId, reporterId, title, description }: TicketText): Analysis => ({
  ...{ subject: { type: "ticket", id: ticketId }, revision: version, buildingId },
  ...{ authorId: reporterId, title, text: description },
});
const post: Reading<"post.created"> = ({ postId, revision, buildingId, authorId, title, body }) => ({
  ...{ subject: { type: "post", id: postId }, revision, buildingId, authorId, title, text: body },
});
const comment: Reading<"comment.created"> = ({ commentId, revision, buildingId, authorId, body }) => ({
  ...{ subject: { type: "comment", id: commentId }, revision, buildingId, authorId, title: "", text: body },
});
/** Never changed after it was sent. */
const message: Reading<"message.sent"> = ({ messageId, buildingId, senderId, body }) => ({
  ...{ subject: { type: "message", id: messageId }, revision: 1, buildingId },
  ...{ authorId: senderId, title: "", text: body },
});

export function onContent(jobs: JobRunner<"ai">, provider: AiProvider) {
  const judge = async (tx: Tx<"ai">, data: Analysis): Promise<void> => {
    if (provider === localProvider) await (await judged(provider, data))(tx);
    else await jobs.schedule(tx, { kind: ANALYSE, key: keyOf(data), data });
  };
  const onText = <K extends EventName>(eventType: K, read: Reading<K>) =>
    onEvent(eventType, async ({ payload }, tx: Tx<"ai">) => judge(tx, read(payload)), BRIEF);
  return [
    onText("ticket.created", ticket),
    onText("post.created", post),
    onText("post.updated", post),
    onEvent("ticket.updated", async ({ payload }, tx: Tx<"ai">) => {
      const data = ticket(payload);
      if (!(await isJudged(tx, data))) await judge(tx, data);
    }),
    onEvent("comment.updated", async ({ payload }, tx: Tx<"ai">) => {
      await judge(tx, comment(payload));
      // What was written before is told by no summary.
      await dropSummaries(tx, { type: "post", id: payload.postId });
    }),
    onText("message.sent", message),
    onEvent("comment.created", async ({ payload }, tx: Tx<"ai">) => {
      await judge(tx, comment(payload));
      const { postId } = payload;
      const counted = tx.collection<ThreadDoc>(THREADS);
      const thread = await counted.findOneAndUpdate({ _id: postId }, { $inc: { comments: 1 } }, { upsert: true });
      const comments = thread?.comments ?? 0;
      const data: LongThread = { postId };
      if (isLong(comments)) await jobs.schedule(tx, { kind: SUMMARISE, key: `${postId}/${comments}`, data });
    }),
  ];
}
