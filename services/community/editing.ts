/** An edit: the earlier text is kept. */
import { newId } from "../../mixins/kit/ids.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { CommentDoc, ContentDoc, ContentType, PostDoc, RevisionDoc } from "./model.ts";
import { dropSummaryWith } from "./moderate.ts";
import { CONTENT, REVISIONS, save } from "./repository.ts";

export async function saveEdit(
  tx: Tx<"community">,
  contentType: ContentType,
  before: ContentDoc,
  after: ContentDoc,
): Promise<void> {
  const { _id: contentId, authorId, revision, body } = before;
  const { title = null } = before as Partial<PostDoc>;
  const old: RevisionDoc = {
    _id: newId(),
    contentType,
    contentId,
    authorId,
    revision,
    title,
    body,
    replacedAt: tx.now,
  };
  await tx.collection<RevisionDoc>(REVISIONS).insertOne(old);
  await save(tx, CONTENT[contentType], after);
  if (contentType === "comment") await dropSummaryWith(tx, after as CommentDoc);
}
