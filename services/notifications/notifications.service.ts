import type { Service, ServiceBroker, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { JobRunner } from "../../mixins/jobs/runner.ts";
import { callOf } from "../../mixins/kit/call.ts";
import { exportPerson } from "./actions/export-person.ts";
import { list } from "./actions/list.ts";
import { listDeliveries } from "./actions/list-deliveries.ts";
import { read } from "./actions/read.ts";
import { readAll } from "./actions/read-all.ts";
import { embeddedSender } from "./channels/embedded.ts";
import { smtpSender } from "./channels/smtp.ts";
import { notifications } from "./contract.ts";
import { deliver } from "./deliver.ts";
import { onBuildingCreated } from "./handlers/on-building-created.ts";
import { onResidentUnverified, onResidentVerified } from "./handlers/on-resident.ts";
import {
  onTicketAssigned,
  onTicketCommentCreated,
  onTicketCreated,
  onTicketStatusChanged,
} from "./handlers/on-ticket.ts";
import { onPasswordResetCreated, onUserCreated, onUserDeleted, onUserUpdated } from "./handlers/on-user.ts";
import { notifier } from "./notify.ts";
import { ensureIndexes, NOTIFICATIONS } from "./repository.ts";

const actions = [exportPerson, list, read, readAll, listDeliveries];

export default function notificationsService(broker: ServiceBroker): ServiceSchema {
  const { backbone } = broker;
  const { SMTP_URL, SMTP_FROM } = backbone.env;
  const db = backbone.database("notifications");
  const smtp = SMTP_URL ? smtpSender(SMTP_URL, SMTP_FROM) : undefined;
  const sender = smtp ?? embeddedSender(db, "email");
  const logger = broker.getLogger("NOTIFICATIONS");
  const jobs = new JobRunner<"notifications">({ service: "notifications", backbone, logger });
  jobs.add(deliver({ db, call: callOf(broker), sender }));
  const notify = notifier(jobs);
  const handlers = [
    onUserCreated(notify),
    onPasswordResetCreated(notify),
    onUserUpdated,
    onUserDeleted,
    onBuildingCreated,
    onTicketCreated(notify),
    onTicketAssigned(notify),
    onTicketCommentCreated(notify),
    onTicketStatusChanged(notify),
    onResidentVerified(notify),
    onResidentUnverified(notify),
  ];
  return {
    name: "notifications",
    mixins: [domainMixin({ contract: notifications, actions, handlers, reads: NOTIFICATIONS, jobs })],
    async started(this: Service) {
      await ensureIndexes(db);
    },
    async stopped() {
      smtp?.close();
    },
  } as object as ServiceSchema;
}
