import type { Service, ServiceBroker, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { dailyCounts } from "./actions/daily-counts.ts";
import { exportPerson } from "./actions/export-person.ts";
import { listEvents } from "./actions/list-events.ts";
import { readLog } from "./actions/read-log.ts";
import { showEvent } from "./actions/show-event.ts";
import { showSaga } from "./actions/show-saga.ts";
import { analytics } from "./contract.ts";
import { onAny } from "./handlers/on-any.ts";
import { ensureIndexes } from "./repository.ts";

const actions = [listEvents, showEvent, showSaga, readLog, dailyCounts, exportPerson];

export default function analyticsService({ backbone }: ServiceBroker): ServiceSchema {
  return {
    name: "analytics",
    mixins: [domainMixin({ contract: analytics, actions, handlers: onAny(backbone.registry) })],
    async started(this: Service) {
      await ensureIndexes(backbone.database("analytics"), backbone.env.EVENT_LOG_RETENTION_DAYS);
    },
  } as object as ServiceSchema;
}
