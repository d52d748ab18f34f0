import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { checkVersion } from "../../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { publishResource } from "../facts.ts";
import { RESOURCES } from "../repository.ts";
import { type BookableDoc, changeBookable, viewBookable } from "../resource.ts";

export const updateResource = implement("booking.updateResource", ({ params, actor, ifMatch, store }) => {
  const { id, ...changes } = params;
  return store.inTransaction(async (tx) => {
    const resources = tx.collection<BookableDoc>(RESOURCES);
    const old = await resources.findOne({ _id: id });
    if (!old || !isManagerOf(actor, old.buildingId)) throw new NotFoundError("The resource");
    checkVersion(old, ifMatch);
    const next = changeBookable(old, changes, tx.now);
    const { _id, ...fields } = next;
    await resources.updateOne({ _id }, { $set: fields });
    publishResource(tx, next);
    return viewBookable(next);
  });
});
