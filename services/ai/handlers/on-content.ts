/** New and changed texts are judged. The outside question is a job's: it is never asked inside of a transaction. */
import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { JobRunner } from "../../../mixins/jobs/runner.ts";
import type { EventName, PayloadOf } from "../../../mixins/kit/contracts.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { ANALYSE } from "../analyse.ts";
import { type Analysis, isLong, keyOf } from "../model.ts";
import { dropSummaries, THREADS, type ThreadDoc } from "../repository.ts";
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

const judge = async (jobs: JobRunner<"ai">, tx: Tx<"ai">, data: Analysis): Promise<void> =>
  jobs.schedule(tx, { kind: ANALYSE, key: keyOf(data), data });

export function onContent(jobs: JobRunner<"ai">) {
  const judged = <K extends EventName>(eventType: K, read: Reading<K>) =>
    onEvent(eventType, async ({ payload }, tx: Tx<"ai">) => judge(jobs, tx, read(payload)));
  return [
    judged("ticket.created", ticket),
    judged("post.created", post),
    judged("post.updated", post),
    judged("ticket.updated", ticket),
    onEvent("comment.updated", async ({ payload }, tx: Tx<"ai">) => {
      await judge(jobs, tx, comment(payload));
      // What was written before is told by no summary.
      await dropSummaries(tx, { type: "post", id: payload.postId });
    }),
    judged("message.sent", message),
    onEvent("comment.created", async ({ payload }, tx: Tx<"ai">) => {
      await judge(jobs, tx, comment(payload));
      const { postId } = payload;
      const counted = tx.collection<ThreadDoc>(THREADS);
      const thread = await counted.findOneAndUpdate({ _id: postId }, { $inc: { comments: 1 } }, { upsert: true });
      const comments = thread?.comments ?? 0;
      const data: LongThread = { postId };
      if (isLong(comments)) await jobs.schedule(tx, { kind: SUMMARISE, key: `${postId}/${comments}`, data });
    }),
  ];
}
