/** AI advises: it may hide until a moderator has looked, and it sums up. About another text than the present one it says nothing. */
import { onEvent, SLOW } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { type CommentDoc, type ContentType, type PostDoc, withSummary } from "../model.ts";
import { suspect } from "../moderate.ts";
import { CONTENT, loadContent, save } from "../repository.ts";

const isContent = (type: string): type is ContentType => type in CONTENT;

export const onModerationResult = onEvent(
  "ai.moderation_result",
  async ({ payload }, tx: Tx<"community">) => {
    const { subject, revision, flagged, categories } = payload;
    if (!flagged || !isContent(subject.type)) return;
    const doc = await loadContent(tx, subject.type, subject.id);
    if (doc?.revision !== revision || doc.status === "removed" || doc.approvedRevision === revision) return;
    await suspect(tx, subject.type, doc, { source: "ai", reasons: categories });
  },
  SLOW,
);

export const onSummaryReady = onEvent(
  "ai.summary_ready",
  async ({ payload }, tx: Tx<"community">) => {
    const { subject, revision, summary, sources, provider, model } = payload;
    if (subject.type !== "post") return;
    const post = (await loadContent(tx, "post", subject.id)) as PostDoc | null;
    if (post?.revision !== revision || post.status === "removed") return;
    // It may have been made before one of its sources was taken away.
    const ids = sources.map(({ id }) => id);
    const gone = { _id: { $in: ids }, status: { $ne: "visible" as const } };
    if ((await tx.collection<CommentDoc>(CONTENT.comment).countDocuments(gone)) > 0) return;
    await save(tx, CONTENT.post, withSummary(post, { text: summary, sources, provider, model }));
  },
  SLOW,
);
