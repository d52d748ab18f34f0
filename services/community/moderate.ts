/** The steps of moderation, each within the transaction of what caused it. */
import { newId } from "../../mixins/kit/ids.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { publishCase, publishStatus } from "./facts.ts";
import { type CommentDoc, type ContentDoc, type ContentStatus, type ContentType, type PostDoc, step } from "./model.ts";
import {
  type CaseDoc,
  caseKey,
  decide,
  type FlagDoc,
  type FlagStatus,
  HIDE_AT,
  mayHide,
  moreOf,
  newCase,
  type Subject,
  type Suspicion,
} from "./moderation.ts";
import { CASES, CONTENT, FLAGS, save } from "./repository.ts";

type CommunityTx = Tx<"community">;

export async function changeStatus<D extends ContentDoc>(
  tx: CommunityTx,
  contentType: ContentType,
  doc: D,
  to: ContentStatus,
  actorId: string,
): Promise<D> {
  const after = step(doc, to, tx.now);
  await saveStep(tx, contentType, doc, after, actorId);
  return after;
}

/** A step that was decided: written and told. */
export async function saveStep(
  tx: CommunityTx,
  contentType: ContentType,
  before: ContentDoc,
  after: ContentDoc,
  actorId: string,
): Promise<void> {
  await save(tx, CONTENT[contentType], after);
  publishStatus(tx, contentType, before, after, actorId);
  if (contentType === "comment" && after.status !== "visible") await dropSummaryWith(tx, after as CommentDoc);
}

/** A summary must not tell what was taken away, or written anew. */
export async function dropSummaryWith(tx: CommunityTx, { postId, _id }: CommentDoc): Promise<void> {
  await tx
    .collection<PostDoc>(CONTENT.post)
    .updateOne({ _id: postId, "summary.sources.id": _id }, { $set: { summary: null }, $inc: { version: 1 } });
}

/**
 * Opens a case or adds to the open one, and hides what must not be seen until somebody has looked at it.
 * @returns the content as it is now
 */
export async function suspect<D extends ContentDoc>(
  tx: CommunityTx,
  contentType: ContentType,
  doc: D,
  { source, reasons }: Suspicion,
): Promise<D> {
  const subject = { contentType, contentId: doc._id };
  const old = await tx.collection<CaseDoc>(CASES).findOne({ open: caseKey(subject) });
  if (old) await save(tx, CASES, moreOf(old, doc, reasons, tx.now));
  else {
    const fresh = newCase(newId(), subject, doc, { source, reasons }, tx.now);
    await tx.collection<CaseDoc>(CASES).insertOne(fresh);
    publishCase(tx, fresh);
  }
  const grave = source === "ai" || doc.flagScore >= HIDE_AT;
  return grave && mayHide(doc) ? changeStatus(tx, contentType, doc, "hidden", `system:${source}`) : doc;
}

export async function closeFlags(tx: CommunityTx, { contentId }: Subject, status: FlagStatus): Promise<void> {
  await tx
    .collection<FlagDoc>(FLAGS)
    .updateMany(
      { contentId, status: "open" },
      { $set: { status, updatedAt: tx.now }, $inc: { version: 1 }, $unset: { open: "" } },
    );
}

/** Who removes something has decided its case. */
export async function closeCase(
  tx: CommunityTx,
  subject: Subject,
  by: { actorId: string; note: string },
  flags: FlagStatus,
): Promise<void> {
  const old = await tx.collection<CaseDoc>(CASES).findOne({ open: caseKey(subject) });
  if (old) await saveDecided(tx, decide(old, "removed", by, tx.now));
  await closeFlags(tx, subject, flags);
}

export async function saveDecided(tx: CommunityTx, { _id, ...fields }: CaseDoc): Promise<void> {
  await tx.collection<CaseDoc>(CASES).updateOne({ _id }, { $set: fields, $unset: { open: "" } });
}

/**
 * The author has written anew what is being judged, or was rejected: it is judged as it is now.
 * @returns the content, which may be hidden by that
 */
export async function reconsider<D extends ContentDoc>(
  tx: CommunityTx,
  contentType: ContentType,
  after: D,
): Promise<D> {
  const open = await tx.collection<CaseDoc>(CASES).findOne({ open: `${contentType}/${after._id}` });
  if (!open && after.status !== "hidden") return after;
  return suspect(tx, contentType, after, { source: "revision", reasons: [] });
}
