import { belongsTo } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { publishCreated } from "../facts.ts";
import { newThing, type ThingDoc, viewThing } from "../model.ts";
import { THINGS } from "../repository.ts";

export const create = implement("things.create", async ({ params, actor, store, now }) => {
  if (!belongsTo(actor, params.buildingId)) throw new NotFoundError("The building");
  const thing = newThing(newId(), params, actor.userId, now);
  return store.inTransaction(async (tx) => {
    await tx.collection<ThingDoc>(THINGS).insertOne(thing);
    publishCreated(tx, thing, actor.userId);
    return viewThing(thing);
  });
});
