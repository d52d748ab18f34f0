/**
 * New and changed texts are judged. The outside question is a job's: it is never asked inside of a transaction. What the
 * house knows by itself needs none.
 */
import type { IncomingEvent } from "../../../mixins/amqp/envelope.ts";
import { BRIEF, onEvent, onTogether } from "../../../mixins/consumer/handler.ts";
import type { JobRunner } from "../../../mixins/jobs/runner.ts";
import type { EventName, PayloadOf } from "../../../mixins/kit/contracts.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { ANALYSE, judge, keepAll } from "../analyse.ts";
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

/** Texts that are judged, and nothing else has to be done about them. */
const TEXTS = {
  "ticket.created": ticket,
  "post.created": post,
  "post.updated": post,
  "message.sent": message,
} as const;
type TextEvent = keyof typeof TEXTS;

const textIn = ({ eventType, payload }: IncomingEvent<TextEvent>): Analysis =>
  (TEXTS[eventType] as Reading<TextEvent>)(payload);

export function onContent(jobs: JobRunner<"ai">, provider: AiProvider) {
  const judgeAll = async (texts: readonly { tx: Tx<"ai">; data: Analysis }[]): Promise<void> => {
    if (provider !== localProvider) {
      for (const { tx, data } of texts) await jobs.schedule(tx, { kind: ANALYSE, key: keyOf(data), data });
      return;
    }
    const judging = texts.map(async ({ tx, data }) => ({ ...(await judge(provider, data)), tx }));
    await keepAll(await Promise.all(judging));
  };
  const judgeOne = (tx: Tx<"ai">, data: Analysis): Promise<void> => judgeAll([{ tx, data }]);
  const textEvents = Object.keys(TEXTS) as TextEvent[];
  return [
    ...onTogether<TextEvent, "ai">(
      textEvents,
      (arrivals) => judgeAll(arrivals.map(({ event, tx }) => ({ tx, data: textIn(event) }))),
      BRIEF,
    ),
    onEvent("ticket.updated", async ({ payload }, tx: Tx<"ai">) => {
      const data = ticket(payload);
      if (!(await isJudged(tx, data))) await judgeOne(tx, data);
    }),
    onEvent("comment.updated", async ({ payload }, tx: Tx<"ai">) => {
      await judgeOne(tx, comment(payload));
      // What was written before is told by no summary.
      await dropSummaries(tx, { type: "post", id: payload.postId });
    }),
    onEvent("comment.created", async ({ payload }, tx: Tx<"ai">) => {
      await judgeOne(tx, comment(payload));
      const { postId } = payload;
      const counted = tx.collection<ThreadDoc>(THREADS);
      const thread = await counted.findOneAndUpdate({ _id: postId }, { $inc: { comments: 1 } }, { upsert: true });
      const comments = thread?.comments ?? 0;
      const data: LongThread = { postId };
      if (isLong(comments)) await jobs.schedule(tx, { kind: SUMMARISE, key: `${postId}/${comments}`, data });
    }),
  ];
}
