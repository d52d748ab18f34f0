import { NotFoundError, VersionMismatchError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { publishStep } from "../facts.ts";
import { canSee, step, type ThingDoc, viewThing } from "../model.ts";
import { THINGS } from "../repository.ts";

/** Of two at once the second begins anew, and finds it done. */
export const finish = implement("things.finish", ({ params, actor, ifMatch, store }) =>
  store.inTransaction(async (tx) => {
    const things = tx.collection<ThingDoc>(THINGS);
    const before = await things.findOne({ _id: params.id });
    if (!before || !canSee(actor, before)) throw new NotFoundError("The thing");
    if (ifMatch !== undefined && ifMatch !== before.version) throw new VersionMismatchError(ifMatch, before.version);
    const after = step(before, "done", tx.now);
    const { _id, ...fields } = after;
    await things.updateOne({ _id }, { $set: fields });
    publishStep(tx, before, after, actor.userId);
    return viewThing(after);
  }),
);
