/** The four steps of a residency. */
import { implement } from "../../../mixins/kit/implement.ts";
import { decide } from "../decide.ts";

export const verifyResidency = implement("residency.verifyResidency", (context) =>
  decide(context, { id: context.params.id, to: "verified" }),
);
export const rejectResidency = implement("residency.rejectResidency", (context) =>
  decide(context, { ...context.params, to: "rejected" }),
);
export const revokeResidency = implement("residency.revokeResidency", (context) =>
  decide(context, { ...context.params, to: "revoked" }),
);
export const endResidency = implement("residency.endResidency", (context) =>
  decide(context, { id: context.params.id, to: "ended", byResident: true }),
);
