/**
 * Posts, comments and messages that nobody may read any more: what waits to be sent about them is dropped, and their
 * texts leave what was told. Once at once, and once more when every transaction has ended that may have read them as visible.
 */
import { type JobKind, type NewJob, untilDone } from "../../mixins/jobs/job.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { ONCE_MORE_AFTER_MS } from "../../mixins/privacy/once-more.ts";
import { putNewer, type Reader } from "./directory.ts";
import type { NotificationDoc } from "./model.ts";
import { CONTENTS, NOTIFICATIONS } from "./repository.ts";
import type { Template } from "./templates/templates.ts";

export interface ContentDoc {
  /** postId, commentId or messageId */
  _id: string;
  type: "post" | "comment" | "message";
  visible: boolean;
  version: number;
}
const CONCEAL = "conceal";

/** What was decided about a text is still told to its author. */
const DECISIONS: readonly Template[] = ["post_status_changed", "comment_status_changed", "message_status_changed"];

type About = Pick<NotificationDoc, "template" | "commentId" | "messageId"> & { subject?: NotificationDoc["subject"] };

/** The texts that a notification shows. Pure. */
export function textsOf({ template, subject, commentId, messageId }: About): string[] {
  if (DECISIONS.includes(template)) return [];
  const post = subject?.type === "post" ? subject.id : undefined;
  return [post, commentId, messageId].filter((id) => id !== undefined);
}

/** Of these notifications those that show something that may not be read. */
export async function concealedOf<N extends About>(reader: Reader, news: readonly N[]): Promise<Set<N>> {
  const ids = news.flatMap(textsOf);
  if (ids.length === 0) return new Set();
  const found = await reader
    .collection<ContentDoc>(CONTENTS)
    .find({ _id: { $in: ids }, visible: false })
    .toArray();
  const hidden = new Set(found.map(({ _id }) => _id));
  return new Set(news.filter((one) => textsOf(one).some((id) => hidden.has(id))));
}

/** @returns the job that looks once more, to be scheduled anew; undefined: it can be read, or newer news are known */
export async function contentChanged(
  tx: Tx<"notifications">,
  doc: ContentDoc,
): Promise<NewJob<ContentDoc> | undefined> {
  await putNewer(tx as never, CONTENTS, doc);
  if (doc.visible || !(await conceal(tx, doc))) return undefined;
  return { kind: CONCEAL, key: doc._id, data: doc, dueAt: new Date(tx.now.getTime() + ONCE_MORE_AFTER_MS) };
}

/** @returns false when it can be read (again) */
async function conceal(tx: Tx<"notifications">, { _id, type }: ContentDoc): Promise<boolean> {
  const known = await tx.collection<ContentDoc>(CONTENTS).findOne({ _id });
  if (known?.visible !== false) return false;
  const notifications = tx.collection<NotificationDoc>(NOTIFICATIONS);
  const where = type === "post" ? { "subject.type": "post", "subject.id": _id } : { [`${type}Id`]: _id };
  const about = { ...where, template: { $nin: [...DECISIONS] } };
  const dropped = { $set: { status: "dropped", settledAt: tx.now }, $unset: { variables: 1, reached: 1 } };
  await notifications.updateMany({ ...about, status: "queued" }, dropped as object);
  // The title that a comment's news shows is the post's.
  for (const field of type === "post" ? ["title", "text"] : ["text"])
    await notifications.updateMany({ ...about, [`variables.${field}`]: { $gt: "" } } as object, {
      $set: { [`variables.${field}`]: "" } as object,
    });
  return true;
}

export const concealOnceMore: JobKind<"notifications", ContentDoc> = {
  kind: CONCEAL,
  run:
    async ({ data }) =>
    async (tx) =>
      void (await conceal(tx, data)),
  ...untilDone,
};
