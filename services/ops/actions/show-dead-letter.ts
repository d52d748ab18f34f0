import { implement } from "../../../mixins/kit/implement.ts";
import { askOwner } from "../owners.ts";

export const showDeadLetter = implement("ops.showDeadLetter", ({ params, registry, call }) =>
  askOwner({ registry, call }, "show", params),
);
