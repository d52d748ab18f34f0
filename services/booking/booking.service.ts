import type { Service, ServiceBroker, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { JobRunner } from "../../mixins/jobs/runner.ts";
import { approve, reject } from "./actions/approve-reject.ts";
import { availability } from "./actions/availability.ts";
import { cancel } from "./actions/cancel.ts";
import { cancellationPreview } from "./actions/cancellation-preview.ts";
import { checkIn } from "./actions/check-in.ts";
import { create } from "./actions/create.ts";
import { createResource } from "./actions/create-resource.ts";
import { exportPerson } from "./actions/export-person.ts";
import { get } from "./actions/get.ts";
import { getIcs } from "./actions/get-ics.ts";
import { getResource } from "./actions/get-resource.ts";
import { list } from "./actions/list.ts";
import { listResources } from "./actions/list-resources.ts";
import { move } from "./actions/move.ts";
import { updateResource } from "./actions/update-resource.ts";
import { booking } from "./contract.ts";
import { onResidentUnverified } from "./handlers/on-resident-unverified.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { BOOKINGS, ensureIndexes } from "./repository.ts";
import { addTimer, timerSetter } from "./timers.ts";

export default function bookingService(broker: ServiceBroker): ServiceSchema {
  const { backbone } = broker;
  const jobs = new JobRunner<"booking">({ service: "booking", backbone, logger: broker.getLogger("BOOKING") });
  const setTimer = timerSetter(jobs);
  addTimer(jobs, setTimer);
  const actions = [
    ...[create, move, cancel, checkIn, approve, reject].map((make) => make(setTimer)),
    ...[get, list, cancellationPreview, getIcs, availability, exportPerson],
    ...[createResource, listResources, getResource, updateResource],
  ];
  const handlers = [onResidentUnverified, onUserDeleted].map((make) => make(setTimer));
  return {
    name: "booking",
    mixins: [domainMixin({ contract: booking, actions, handlers, reads: BOOKINGS, jobs })],
    async started(this: Service) {
      await ensureIndexes(backbone.database("booking"));
    },
  } as object as ServiceSchema;
}
