import { implement } from "../../../mixins/kit/implement.ts";
import { askOwner } from "../owners.ts";

export const replayDeadLetter = implement(
  "ops.replayDeadLetter",
  ({ params: { dryRun, ...params }, registry, call }) =>
    dryRun ? askOwner({ registry, call }, "dryRun", params) : askOwner({ registry, call }, "replay", params),
);
