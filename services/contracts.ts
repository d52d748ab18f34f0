/** Every domain's contract: who owns which event, who consumes what, which actions and routes there are. */
import type { Contract } from "../mixins/kit/contracts.ts";
import { analytics } from "./analytics/contract.ts";
import { ops } from "./ops/contract.ts";
import { relay } from "./relay/contract.ts";

export const contracts: readonly Contract[] = [relay, ops, analytics];
