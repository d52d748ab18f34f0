import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { canSee, type ThingDoc, viewThing } from "../model.ts";

export const get = implement("things.get", async ({ params, actor, reads }) => {
  const thing = await reads.byId<ThingDoc>(params.id);
  if (!thing || !canSee(actor, thing)) throw new NotFoundError("The thing");
  return viewThing(thing);
});
