import { implement } from "../../../mixins/kit/implement.ts";
import { askOwner } from "../owners.ts";

export const restoreDeadLetter = implement("ops.restoreDeadLetter", ({ params, registry, call }) =>
  askOwner({ registry, call }, "restore", params),
);
