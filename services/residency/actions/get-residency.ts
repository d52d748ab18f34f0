import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { canSee, type ResidencyDoc, viewResidency } from "../model.ts";

export const getResidency = implement("residency.getResidency", async ({ params, actor, reads }) => {
  const residency = await reads.byId<ResidencyDoc>(params.id);
  if (!residency || !canSee(actor, residency)) throw new NotFoundError("The residency");
  return viewResidency(residency);
});
