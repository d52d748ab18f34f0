import { implement } from "../../../mixins/kit/implement.ts";
import { askOwner } from "../owners.ts";

export const discardDeadLetter = implement("ops.discardDeadLetter", ({ params, registry, call }) =>
  askOwner({ registry, call }, "discard", params),
);
