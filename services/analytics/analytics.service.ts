import type { Service, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { dailyCounts } from "./actions/daily-counts.ts";
import { listEvents } from "./actions/list-events.ts";
import { showEvent } from "./actions/show-event.ts";
import { showSaga } from "./actions/show-saga.ts";
import { analytics } from "./contract.ts";
import { onAny } from "./handlers/on-any.ts";
import { ensureIndexes } from "./repository.ts";

export default {
  name: "analytics",
  mixins: [
    domainMixin({ contract: analytics, actions: [listEvents, showEvent, showSaga, dailyCounts], handlers: [onAny] }),
  ],
  async started(this: Service) {
    const { backbone } = this.broker;
    await ensureIndexes(backbone.database("analytics"), backbone.env.EVENT_LOG_RETENTION_DAYS);
  },
} satisfies ServiceSchema;
