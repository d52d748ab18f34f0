import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { resources, seesResources } from "../repository.ts";
import { viewBookable } from "../resource.ts";

export const listResources = implement("booking.listResources", async ({ params, actor, store }) => {
  const { id: buildingId, kind } = params;
  if (!seesResources(actor, buildingId)) throw new NotFoundError("The building");
  return findPage(resources(store.db), { buildingId, ...(kind && { kind }) }, params, viewBookable);
});
