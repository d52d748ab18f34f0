import type { Service, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { assign } from "./actions/assign.ts";
import { create } from "./actions/create.ts";
import { exportPerson } from "./actions/export-person.ts";
import { get } from "./actions/get.ts";
import { list } from "./actions/list.ts";
import { transition } from "./actions/transition.ts";
import { update } from "./actions/update.ts";
import { tickets } from "./contract.ts";
import { onModerationResult, onSummaryReady } from "./handlers/on-ai.ts";
import { onResidentUnverified } from "./handlers/on-resident-unverified.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { ensureIndexes, TICKETS } from "./repository.ts";

const actions = [exportPerson, create, list, get, update, assign, transition];
const handlers = [onModerationResult, onSummaryReady, onUserDeleted, onResidentUnverified];

export default {
  name: "tickets",
  mixins: [domainMixin({ contract: tickets, actions, handlers, reads: TICKETS })],
  async started(this: Service) {
    await ensureIndexes(this.broker.backbone.database("tickets"));
  },
} as object as ServiceSchema;
