import type { Service, ServiceBroker, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { exportPerson } from "./actions/export-person.ts";
import { getPreferences } from "./actions/get-preferences.ts";
import { list } from "./actions/list.ts";
import { listDeliveries } from "./actions/list-deliveries.ts";
import {
  createPushSubscription,
  deletePushSubscription,
  listPushSubscriptions,
  pushKey,
} from "./actions/push-subscriptions.ts";
import { putPreferences } from "./actions/put-preferences.ts";
import { read } from "./actions/read.ts";
import { readAll } from "./actions/read-all.ts";
import { restoreAddress } from "./actions/restore-address.ts";
import { showUnsubscribe, unsubscribe } from "./actions/unsubscribe.ts";
import { notifications } from "./contract.ts";
import { createDeps, type NotificationDeps } from "./deps.ts";
import { onBookingCancelled, onBookingCreated, onBookingMoved, onBookingStatusChanged } from "./handlers/on-booking.ts";
import { onBuildingCreated } from "./handlers/on-building-created.ts";
import { onCommentCreated, onMentionCreated, onMessageSent, onModerationCaseCreated } from "./handlers/on-comment.ts";
import { onContentStatusChanged } from "./handlers/on-content-status-changed.ts";
import { onPostCreated } from "./handlers/on-post.ts";
import { onResidencyCreated, onResidentUnverified, onResidentVerified } from "./handlers/on-resident.ts";
import { onRoleChanged } from "./handlers/on-role-changed.ts";
import {
  onTicketAssigned,
  onTicketCommentCreated,
  onTicketCreated,
  onTicketStatusChanged,
} from "./handlers/on-ticket.ts";
import { onPasswordResetCreated, onUserCreated, onUserUpdated } from "./handlers/on-user.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { ensureIndexes, NOTIFICATIONS } from "./repository.ts";

const handlersOf = ({ jobs, notify, notifyAll, broadcast }: NotificationDeps) => [
  ...[onUserCreated, onPasswordResetCreated].map((make) => make(notify)),
  ...[onUserUpdated, onRoleChanged, onUserDeleted(jobs)],
  ...[onBuildingCreated, onResidencyCreated, onResidentVerified, onResidentUnverified].map((make) => make(notify)),
  ...onTicketCreated(notifyAll),
  ...[onTicketAssigned, onTicketCommentCreated, onTicketStatusChanged].map((make) => make(notify)),
  onPostCreated(broadcast),
  ...onContentStatusChanged(notify, jobs),
  ...[onCommentCreated, onMentionCreated, onMessageSent, onModerationCaseCreated].map((make) => make(notify)),
  ...[onBookingCreated, onBookingStatusChanged, onBookingMoved, onBookingCancelled].map((make) => make(notify)),
];

export default function notificationsService(broker: ServiceBroker): ServiceSchema {
  const { backbone } = broker;
  const { PUSH_HOSTS, VAPID_PUBLIC_KEY } = backbone.env;
  const deps = createDeps(broker);
  const { jobs, secret } = deps;
  const actions = [
    ...[exportPerson, list, read, readAll, listDeliveries],
    ...[getPreferences, putPreferences, restoreAddress],
    ...[pushKey(VAPID_PUBLIC_KEY), createPushSubscription(PUSH_HOSTS), listPushSubscriptions, deletePushSubscription],
    ...[showUnsubscribe(secret), unsubscribe(secret)],
  ];
  const handlers = handlersOf(deps);
  return {
    name: "notifications",
    mixins: [domainMixin({ contract: notifications, actions, handlers, reads: NOTIFICATIONS, jobs })],
    async started(this: Service) {
      await ensureIndexes(backbone.database("notifications"));
    },
    async stopped() {
      deps.close();
    },
  } as object as ServiceSchema;
}
