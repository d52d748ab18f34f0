/** Nobody is told of what is hidden; its author is, if somebody else has decided it, or a policy. */
import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { JobRunner } from "../../../mixins/jobs/runner.ts";
import type { PayloadOf } from "../../../mixins/kit/contracts.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { type ContentDoc, contentChanged } from "../concealed.ts";
import type { News, Notify } from "../notify.ts";

type Changed = "post.status_changed" | "comment.status_changed" | "message.status_changed";
interface Read {
  content: Pick<ContentDoc, "_id" | "type">;
  /** For its author. */
  news: News;
}

export function onContentStatusChanged(notify: Notify, jobs: JobRunner<"notifications">) {
  const on = <K extends Changed>(eventType: K, read: (payload: PayloadOf<K>) => Read) =>
    onEvent(eventType, async (event, tx: Tx<"notifications">) => {
      const { authorId, actorId, to, version } = event.payload as PayloadOf<Changed>;
      const { content, news } = read(event.payload);
      const onceMore = await contentChanged(tx, { ...content, visible: to === "visible", version });
      if (onceMore) await jobs.reschedule(tx, onceMore);
      if (authorId === null || authorId === actorId) return;
      await notify(tx, event, { to: [authorId], ...news });
    });
  return [
    on("post.status_changed", ({ postId, title, to }) => ({
      content: { _id: postId, type: "post" },
      news: { template: "post_status_changed", variables: { title, to }, subject: { type: "post", id: postId } },
    })),
    on("comment.status_changed", ({ commentId, postId, to }) => ({
      content: { _id: commentId, type: "comment" },
      news: { template: "comment_status_changed", variables: { to }, subject: { type: "post", id: postId } },
    })),
    on("message.status_changed", ({ messageId, conversationId, to }) => ({
      content: { _id: messageId, type: "message" },
      news: {
        template: "message_status_changed",
        variables: { to },
        subject: { type: "conversation", id: conversationId },
      },
    })),
  ];
}
