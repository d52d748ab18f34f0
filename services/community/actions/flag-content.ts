/** Three kinds of content, one way to report them. */
import type { Db } from "mongodb";
import { type Actor, isStaffOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { type ActionContext, implement } from "../../../mixins/kit/implement.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { findContent } from "../access.ts";
import { AlreadyFlaggedError, ContentRemovedError, OwnContentError } from "../errors.ts";
import { publishFlag } from "../facts.ts";
import type { ContentType } from "../model.ts";
import { suspect } from "../moderate.ts";
import { type FlagDoc, flagKey, type Reporter, viewFlag, weightOf } from "../moderation.ts";
import { CONTENT, FLAGS, flags, loadContent, options, save } from "../repository.ts";

type Context = Pick<ActionContext<"community.flagPost">, "params" | "actor" | "store" | "now">;

async function flagContent({ params, actor, store, now }: Context, contentType: ContentType) {
  const { id: contentId, reason, note } = params;
  const { userId: reporterId } = actor;
  const subject = { contentType, contentId };
  const { buildingId } = await findContent(store.db, contentType, contentId, actor);
  const weight = weightOf(reason, await reporterOf(store.db, actor, buildingId));
  const about = { buildingId, reporterId, reason, note: note ?? null, weight };
  const stamp = { version: 1, createdAt: now, updatedAt: now };
  const flag: FlagDoc = {
    _id: newId(),
    ...subject,
    ...about,
    status: "open",
    open: flagKey(reporterId, subject),
    ...stamp,
  };
  const work = async (tx: Tx<"community">) => {
    const found = await loadContent(tx, contentType, contentId);
    if (!found) throw new NotFoundError(`The ${contentType}`);
    if (found.status === "removed") throw new ContentRemovedError();
    if (found.authorId === reporterId) throw new OwnContentError();
    if (await tx.collection<FlagDoc>(FLAGS).findOne({ open: flag.open as string })) throw new AlreadyFlaggedError();
    const flagged = { ...found, flagScore: found.flagScore + weight };
    await save(tx, CONTENT[contentType], flagged);
    await tx.collection<FlagDoc>(FLAGS).insertOne(flag);
    publishFlag(tx, flag, reporterId, flagged.flagScore);
    await suspect(tx, contentType, flagged, { source: "flags", reasons: [reason] });
    return viewFlag(flag);
  };
  // All flags of one content write it, and so its score is whole.
  return store.inTransaction(work, { group: contentId });
}

async function reporterOf(db: Db, actor: Actor, buildingId: string): Promise<Reporter> {
  const earlier = (status: FlagDoc["status"]) =>
    flags(db).countDocuments({ reporterId: actor.userId, status }, options);
  const [upheld, dismissed] = await Promise.all([earlier("upheld"), earlier("dismissed")]);
  return { isStaff: isStaffOf(actor, buildingId), upheld, dismissed };
}

export const flagPost = implement("community.flagPost", (context) => flagContent(context, "post"));
export const flagComment = implement("community.flagComment", (context) => flagContent(context, "comment"));
export const flagMessage = implement("community.flagMessage", (context) => flagContent(context, "message"));
