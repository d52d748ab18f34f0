/** Every domain's contract: who owns which event, who consumes what, which actions and routes there are. */
import type { Contract } from "../mixins/kit/contracts.ts";
import { ai } from "./ai/contract.ts";
import { analytics } from "./analytics/contract.ts";
import { booking } from "./booking/contract.ts";
import { community } from "./community/contract.ts";
import { iam } from "./iam/contract.ts";
import { notifications } from "./notifications/contract.ts";
import { ops } from "./ops/contract.ts";
import { relay } from "./relay/contract.ts";
import { residency } from "./residency/contract.ts";
import { search } from "./search/contract.ts";
import { tickets } from "./tickets/contract.ts";

export const contracts: readonly Contract[] = [
  iam,
  residency,
  tickets,
  booking,
  community,
  notifications,
  search,
  ai,
  relay,
  ops,
  analytics,
];
