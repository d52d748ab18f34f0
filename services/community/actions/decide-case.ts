import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { checkVersion } from "../../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type ContentDoc, step } from "../model.ts";
import { closeFlags, saveDecided, saveStep } from "../moderate.ts";
import { type CaseDoc, type Decision, decide, OUTCOMES, viewCase } from "../moderation.ts";
import { CASES, CONTENT, loadContent, save } from "../repository.ts";

/** Of two at once the second begins anew, and finds it decided. */
export const decideCase = implement("community.decideCase", ({ params, actor, ifMatch, store }) => {
  const { id, decision, note } = params;
  return store.inTransaction(async (tx) => {
    const old = await tx.collection<CaseDoc>(CASES).findOne({ _id: id });
    if (!old || !isManagerOf(actor, old.buildingId)) throw new NotFoundError("The case");
    checkVersion(old, ifMatch);
    const decided = decide(old, decision, { actorId: actor.userId, note }, tx.now);
    await saveDecided(tx, decided);
    const before = await loadContent(tx, old.contentType, old.contentId);
    if (before) {
      const after = judged(before, decision, tx.now);
      if (after.status === before.status) await save(tx, CONTENT[old.contentType], after);
      else await saveStep(tx, old.contentType, before, after, actor.userId);
    }
    await closeFlags(tx, old, OUTCOMES[decision].flags);
    return viewCase(decided);
  });
});

function judged(doc: ContentDoc, decision: Decision, now: Date): ContentDoc {
  const to = OUTCOMES[decision].content;
  const settled = { ...doc, flagScore: 0, ...(decision === "approved" && { approvedRevision: doc.revision }) };
  return to === doc.status ? settled : step(settled, to, now);
}
