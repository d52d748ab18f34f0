import { isManagerOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { viewResidency } from "../model.ts";

export const listResidencies = implement("residency.listResidencies", async ({ params, actor, reads }) => {
  const { buildingId, status } = params;
  if (buildingId !== undefined && !isManagerOf(actor, buildingId)) throw new NotFoundError("The building");
  const whose = buildingId === undefined ? { userId: actor.userId } : { buildingId };
  return reads.page({ ...whose, ...(status !== undefined && { status }) }, params, viewResidency);
});
