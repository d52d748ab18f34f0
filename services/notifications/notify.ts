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

interface NewsOf<T extends Template> {
  template: T;
  variables: TemplateVariables[T];
  /** What a client opens. */
  subject?: Subject;
  /** Another person whose name is in the variables, as `name`. */
  namedId?: string;
  /** Of the comment that it is about. */
  commentId?: string;
  /** Of the message that it tells. */
  messageId?: string;
  /** Whoever does not belong to it any more when it is sent is not told. */
  buildingId?: string;
  /** Goes to everybody of a building: others' own news go first. */
  toMany?: boolean;
}

export type News<T extends Template = Template> = T extends Template ? NewsOf<T> : never;

/** News, and who is told them. */
export type Told = News & { to: readonly string[] };

/** What is told because of one event, in its transaction. */
export interface Announcement {
  tx: Tx<"notifications">;
  event: Pick<IncomingEvent, "eventId">;
  told: readonly Told[];
}

/** Each of the people once; the same event never tells the same person the same twice by one channel. */
export type Notify = (tx: Announcement["tx"], event: Announcement["event"], ...told: readonly Told[]) => Promise<void>;

/** For several events of one transaction, in as many steps as for one. */
export type NotifyAll = (announcements: readonly Announcement[]) => Promise<void>;

export const notifierOf =
  (notifyAll: NotifyAll): Notify =>
  (tx, event, ...told) =>
    notifyAll([{ tx, event, told }]);

export const notifier =
  (jobs: JobRunner<"notifications">): NotifyAll =>
  async (announcements) => {
    const [first] = announcements;
    if (!first) return;
    const { tx } = first;
    const given = announcements.flatMap(({ told }) => told);
    // Hidden or removed since, or before the news of it came here.
    const concealed = await concealedOf(tx, given);
    const recipients = await recipientsOf(
      tx,
      given.flatMap(({ to }) => to),
    );
    const docs: NotificationDoc[] = [];
    const work: NewJob<object>[] = [];
    for (const one of announcements)
      for (const news of one.told.filter((told) => !concealed.has(told)))
        for (const { doc, job } of written(one.event.eventId, news, recipients, tx.now)) {
          docs.push(doc);
          if (job) work.push({ ...job, cause: one.tx.cause });
          if (doc.status === "sent") publishSent(one.tx, doc);
        }
    if (docs.length === 0) return;
    await tx.collection<NotificationDoc>(NOTIFICATIONS).insertMany(docs);
    await jobs.schedule(tx, ...work);
  };

/** A notification a person and channel, and the job that an outside one asks for. Pure, but for ids. */
function written(
  eventId: string,
  { to, ...news }: Told,
  recipients: (userId: string) => Recipient,
  now: Date,
): { doc: NotificationDoc; job: NewJob<object> | undefined }[] {
  return [...new Set(to)].flatMap((userId) =>
    planFor(recipients(userId), news.template, now).map((planned) => {
      const doc = notificationOf(userId, planned, eventId, news, now);
      return { doc, job: jobOf(doc, planned, news) };
    }),
  );
}

function jobOf(doc: NotificationDoc, planned: Planned, news: News): NewJob<object> | undefined {
  if (planned.digest) return digestJob(doc.userId, planned.dueAt);
  return planned.channel === "in_app" ? undefined : deliverJob(doc, planned, news);
}

function notificationOf(
  userId: string,
  { channel, dueAt, digest }: Planned,
  eventId: string,
  { template, variables, subject, namedId, buildingId, commentId, messageId }: News,
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
    ...(messageId !== undefined && { messageId }),
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
async function recipientsOf(
  tx: Tx<"notifications">,
  userIds: readonly string[],
): Promise<(userId: string) => Recipient> {
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
  return (userId) => ({
    userId,
    person: known.get(userId),
    preferences: chosen.get(userId),
    push: reachable.has(userId),
  });
}
