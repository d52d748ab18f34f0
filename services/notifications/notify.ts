/** People are told of one event: a notification a person and channel, in the event's own transaction. */
import type { IncomingEvent } from "../../mixins/amqp/envelope.ts";
import type { NewJob } from "../../mixins/jobs/job.ts";
import type { JobRunner } from "../../mixins/jobs/runner.ts";
import { newId } from "../../mixins/kit/ids.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { concealedOf } from "./concealed.ts";
import { DELIVER, type DeliverData } from "./deliver.ts";
import { digestJob } from "./digest.ts";
import { publishSent } from "./facts.ts";
import type { NotificationDoc, Subject } from "./model.ts";
import type { PersonDoc } from "./people.ts";
import { laneName, laneOf, type Planned, planFor, type Recipient } from "./plan.ts";
import type { PreferencesDoc } from "./preferences.ts";
import type { SubscriptionDoc } from "./push-subscription.ts";
import { NOTIFICATIONS, PEOPLE, PREFERENCES, SUBSCRIPTIONS } from "./repository.ts";
import type { Template, TemplateVariables } from "./templates/templates.ts";

export interface News<T extends Template = Template> {
  template: T;
  variables: TemplateVariables[T];
  /** What a client opens. */
  subject?: Subject;
  /** Another person whose name is in the variables, as `name`. */
  namedId?: string;
  /** Of the comment that it is about. */
  commentId?: string;
  /** Whoever does not belong to it any more when it is sent is not told. */
  buildingId?: string;
  /** Goes to everybody of a building: others' own news go first. */
  toMany?: boolean;
}

/** Each of the people once; the same event never tells the same person twice by one channel. */
export type Notify = <T extends Template>(
  tx: Tx<"notifications">,
  cause: Pick<IncomingEvent, "eventId">,
  userIds: readonly string[],
  news: News<T>,
) => Promise<void>;

export const notifier =
  (jobs: JobRunner<"notifications">): Notify =>
  async (tx, { eventId }, userIds, news) => {
    // Hidden or removed since, or before the news of it came here.
    if ((await concealedOf(tx, [{ subject: null, ...news }])).size > 0) return;
    const docs: NotificationDoc[] = [];
    const work: NewJob<object>[] = [];
    for (const recipient of await recipientsOf(tx, userIds))
      for (const planned of planFor(recipient, news.template, tx.now)) {
        const doc = notificationOf(recipient.userId, planned, eventId, news, tx.now);
        docs.push(doc);
        if (planned.digest) work.push(digestJob(recipient.userId, planned.dueAt));
        else if (planned.channel !== "in_app") work.push(deliverJob(doc, planned, news));
      }
    if (docs.length === 0) return;
    await tx.collection<NotificationDoc>(NOTIFICATIONS).insertMany(docs);
    for (const doc of docs) if (doc.status === "sent") publishSent(tx, doc);
    await jobs.schedule(tx, ...work);
  };

function notificationOf(
  userId: string,
  { channel, dueAt, digest }: Planned,
  eventId: string,
  { template, variables, subject, namedId, buildingId, commentId }: News,
  now: Date,
): NotificationDoc {
  const atOnce = channel === "in_app";
  return {
    _id: newId(),
    key: `${eventId}/${userId}/${channel}`,
    userId,
    channel,
    template,
    variables,
    subject: subject ?? null,
    namedId: namedId ?? null,
    ...(buildingId !== undefined && { buildingId }),
    ...(commentId !== undefined && { commentId }),
    causeEventId: eventId,
    status: atOnce ? "sent" : "queued",
    ...(digest && { digestAt: dueAt }),
    readAt: null,
    createdAt: now,
    settledAt: atOnce ? now : null,
  };
}

function deliverJob(
  { _id }: NotificationDoc,
  planned: Planned,
  { template, toMany = false }: News,
): NewJob<DeliverData> {
  const { channel, dueAt } = planned;
  if (channel === "in_app") throw new Error("The app's own messages are not delivered.");
  const lane = laneName(channel, laneOf(template, toMany));
  return { kind: DELIVER, key: _id, data: { notificationId: _id, since: dueAt }, dueAt, lane };
}

/** What is known of them, in three reads, however many they are. */
async function recipientsOf(tx: Tx<"notifications">, userIds: readonly string[]): Promise<Recipient[]> {
  const ids = [...new Set(userIds)];
  const byId = { _id: { $in: ids } };
  const people = await tx.collection<PersonDoc>(PEOPLE).find(byId).toArray();
  const preferences = await tx.collection<PreferencesDoc>(PREFERENCES).find(byId).toArray();
  const devices = await tx
    .collection<SubscriptionDoc>(SUBSCRIPTIONS)
    .find({ userId: { $in: ids } }, { projection: { userId: 1 } })
    .toArray();
  const [known, chosen] = [
    new Map(people.map((one) => [one._id, one])),
    new Map(preferences.map((one) => [one._id, one])),
  ];
  const reachable = new Set(devices.map(({ userId }) => userId));
  return ids.map((userId) => ({
    userId,
    person: known.get(userId),
    preferences: chosen.get(userId),
    push: reachable.has(userId),
  }));
}
