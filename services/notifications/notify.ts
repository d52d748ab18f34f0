/** One person is told of one event: a notification a channel, in the event's own transaction. */
import type { IncomingEvent } from "../../mixins/amqp/envelope.ts";
import type { JobRunner } from "../../mixins/jobs/runner.ts";
import { newId } from "../../mixins/kit/ids.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { DELIVER, type DeliverData } from "./deliver.ts";
import { publishSent } from "./facts.ts";
import type { Channel, NotificationDoc, PersonDoc } from "./model.ts";
import { NOTIFICATIONS, PEOPLE } from "./repository.ts";
import { render, type Template, type TemplateVariables } from "./templates.ts";

export interface News<T extends Template> {
  userId: string;
  template: T;
  variables: TemplateVariables[T];
  channels: readonly Channel[];
}

export type Notify = <T extends Template>(
  tx: Tx<"notifications">,
  cause: Pick<IncomingEvent, "eventId">,
  news: News<T>,
) => Promise<void>;

export const notifier = (jobs: JobRunner<"notifications">): Notify => {
  return async (tx, { eventId }, { userId, template, variables, channels }) => {
    const person = await tx.collection<PersonDoc>(PEOPLE).findOne({ _id: userId });
    if (person?.deleted) return;
    const text = render(template, variables, person?.locale ?? "en");
    for (const channel of channels) {
      const atOnce = channel === "in_app";
      const doc: NotificationDoc = {
        _id: newId(),
        key: `${eventId}/${userId}/${channel}`,
        userId,
        channel,
        template,
        ...(atOnce ? text : { title: "", body: "" }),
        causeEventId: eventId,
        status: atOnce ? "sent" : "queued",
        readAt: null,
        createdAt: tx.now,
        settledAt: atOnce ? tx.now : null,
      };
      await tx.collection<NotificationDoc>(NOTIFICATIONS).insertOne(doc);
      if (atOnce) publishSent(tx, doc);
      else {
        const data: DeliverData = { notificationId: doc._id, userId, template, variables };
        await jobs.schedule(tx, { kind: DELIVER, key: doc._id, data });
      }
    }
  };
};
