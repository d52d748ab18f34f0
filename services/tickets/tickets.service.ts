import type { Service, ServiceBroker, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { JobRunner } from "../../mixins/jobs/runner.ts";
import { assign } from "./actions/assign.ts";
import { create } from "./actions/create.ts";
import { createAttachment } from "./actions/create-attachment.ts";
import { createComment } from "./actions/create-comment.ts";
import { exportCsv } from "./actions/export-csv.ts";
import { exportPerson } from "./actions/export-person.ts";
import { get } from "./actions/get.ts";
import { getAttachment } from "./actions/get-attachment.ts";
import { list } from "./actions/list.ts";
import { listAttachments } from "./actions/list-attachments.ts";
import { listComments } from "./actions/list-comments.ts";
import { rate } from "./actions/rate.ts";
import { thread } from "./actions/thread.ts";
import { transition } from "./actions/transition.ts";
import { update } from "./actions/update.ts";
import { dropOrphans } from "./attachments.ts";
import { tickets } from "./contract.ts";
import { onModerationResult, onSummaryReady } from "./handlers/on-ai.ts";
import { onResidentUnverified } from "./handlers/on-resident-unverified.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { ensureIndexes, TICKETS } from "./repository.ts";
import { addTimers, timerSetter, upgradeTickets } from "./timers.ts";

const handlers = [...onModerationResult, ...onSummaryReady, onUserDeleted, onResidentUnverified];

export default function ticketsService(broker: ServiceBroker): ServiceSchema {
  const { backbone } = broker;
  const jobs = new JobRunner<"tickets">({ service: "tickets", backbone, logger: broker.getLogger("TICKETS") });
  const setTimers = timerSetter(jobs);
  addTimers(jobs, setTimers);
  const actions = [
    ...[create, update, assign, transition].map((make) => make(setTimers)),
    ...[get, list, rate, createComment, listComments, thread, exportCsv, exportPerson],
    ...[createAttachment, listAttachments, getAttachment],
  ];
  return {
    name: "tickets",
    mixins: [domainMixin({ contract: tickets, actions, handlers, reads: TICKETS, jobs })],
    async started(this: Service) {
      const db = backbone.database("tickets");
      await ensureIndexes(db);
      await upgradeTickets(db);
      await dropOrphans(db, backbone.clock());
    },
  } as object as ServiceSchema;
}
