import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { publishResource } from "../facts.ts";
import { RESOURCES } from "../repository.ts";
import { type BookableDoc, newBookable, viewBookable } from "../resource.ts";

export const createResource = implement("booking.createResource", async ({ params, actor, call, store }) => {
  const { id: buildingId, ...asked } = params;
  if (!isManagerOf(actor, buildingId)) throw new NotFoundError("The building");
  const { timeZone } = await call("residency.getBuilding", { id: buildingId });
  return store.inTransaction(async (tx) => {
    const resource = newBookable(newId(), asked, { buildingId, timeZone }, tx.now);
    await tx.collection<BookableDoc>(RESOURCES).insertOne(resource);
    publishResource(tx, resource);
    return viewBookable(resource);
  });
});
