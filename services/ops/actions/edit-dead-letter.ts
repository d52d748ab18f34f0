import { implement } from "../../../mixins/kit/implement.ts";
import { askOwner } from "../owners.ts";

export const editDeadLetter = implement("ops.editDeadLetter", ({ params, registry, call }) =>
  askOwner({ registry, call }, "edit", params),
);
