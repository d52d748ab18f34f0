/** The job that sends one person's news of low urgency together, once a day. */
import { createHash } from "node:crypto";
import type { JobDoc, JobKind, NewJob, Settle } from "../../mixins/jobs/job.ts";
import type { JobRunner } from "../../mixins/jobs/runner.ts";
import { codeOf } from "../../mixins/kit/failure.ts";
import { AddressDeadError, type Message, ThrottledError } from "./channels/channel.ts";
import { type DeliverTools, retryAfter } from "./deliver.ts";
import type { NotificationDoc } from "./model.ts";
import { needlessOf } from "./needless.ts";
import { addressOf } from "./people.ts";
import { laneName } from "./plan.ts";
import { wants } from "./preferences.ts";
import { keepQuiet } from "./quiet-hours.ts";
import { NOTIFICATIONS, notifications } from "./repository.ts";
import { SEND_DEADLINE_MS, within } from "./send.ts";
import { settled } from "./settle.ts";
import { catalogueOf, render } from "./templates/render.ts";
import { TEMPLATES, type Template } from "./templates/templates.ts";
import type { Topic } from "./topics.ts";

export const DIGEST = "digest";
/** More than that nobody reads; the rest is dropped, the app has it. */
const MAX_NEWS = 50;

export interface DigestData {
  userId: string;
  digestAt: Date;
}

export const digestJob = (userId: string, digestAt: Date): NewJob<DigestData> => ({
  kind: DIGEST,
  key: `${userId}/${digestAt.getTime()}`,
  data: { userId, digestAt },
  dueAt: digestAt,
  lane: laneName("email", "bulk"),
});

export const digest = (
  tools: DeliverTools,
  jobs: JobRunner<"notifications">,
): JobKind<"notifications", DigestData> => ({
  kind: DIGEST,
  run: async (job) => both(await attempt(tools, job), late(jobs, job.data)),
  retryAfter: (failures, error, { data }, now) => retryAfter(failures, error, data.digestAt, now),
  giveUp:
    ({ data }, error) =>
    async (tx) => {
      const docs = await tx.collection<NotificationDoc>(NOTIFICATIONS).find(waiting(data)).toArray();
      const ids = docs.map(({ _id }) => _id);
      await settled(ids, { status: "failed", reason: codeOf(error) })(tx);
    },
});

const waiting = ({ userId, digestAt }: DigestData) => ({
  userId,
  digestAt,
  channel: "email" as const,
  status: "queued" as const,
});

/** What has come for it while it was being sent goes into one more. */
const late =
  (jobs: JobRunner<"notifications">, data: DigestData): Settle<"notifications"> =>
  async (tx) => {
    const left = await tx.collection<NotificationDoc>(NOTIFICATIONS).findOne(waiting(data));
    if (left) await jobs.schedule(tx, digestJob(data.userId, data.digestAt));
  };

/** The same for a repeat with the same news; another one for news that came late, or no mail server would take them. */
const idOf = (ids: readonly string[]): string =>
  `digest-${createHash("sha256").update(ids.join()).digest("base64url").slice(0, 32)}`;

async function attempt(tools: DeliverTools, { data, attempts }: JobDoc<DigestData>): Promise<Settle<"notifications">> {
  const { db, read, senders, gates } = tools;
  const docs = await notifications(db).find(waiting(data)).sort({ _id: 1 }).toArray();
  const [person, preferences] = await Promise.all([read.person(data.userId), read.preferences(data.userId)]);
  if (person) keepQuiet(preferences?.quietHours ?? null, person.timeZone, tools.clock());
  const needless = await needlessOf(db, docs);
  const isWanted = (doc: NotificationDoc): boolean =>
    !needless.has(doc) && wants(preferences ?? undefined, TEMPLATES[doc.template].topic, "email");
  const wanted = docs.filter(isWanted);
  const [sent, rest] = [wanted.slice(-MAX_NEWS), docs.filter((doc) => !wanted.slice(-MAX_NEWS).includes(doc))];
  const to = person && addressOf(person, "email");
  const [first] = sent;
  const dropped = settled(
    rest.map((doc) => doc._id),
    { status: "dropped" },
  );
  if (!person || !to || !first)
    return settled(
      docs.map((doc) => doc._id),
      { status: "dropped" },
    );
  const ids = sent.map((doc) => doc._id);
  const { subject, text, unsubscribeUrl } = await digestOf(tools, person._id, person.locale, sent);
  try {
    const message: Message = {
      notificationId: idOf(ids),
      userId: person._id,
      address: { to },
      ...{ subject, text, unsubscribeUrl },
      urgency: "low",
      data: { template: DIGEST, subject: null },
      namedId: null,
      repeated: attempts > 1,
      since: data.digestAt,
    };
    await within(SEND_DEADLINE_MS, senders.email.send(message));
  } catch (error) {
    if (error instanceof ThrottledError) await gates.email.pause(error.retryAfterMs);
    if (!(error instanceof AddressDeadError)) throw error;
    const reason = codeOf(error);
    return both(
      dropped,
      settled(ids, { status: "failed", reason }, [{ userId: person._id, channel: "email", address: to, reason }]),
    );
  }
  return both(dropped, settled(ids, { status: "sent" }));
}

const both =
  (one: Settle<"notifications">, two: Settle<"notifications">): Settle<"notifications"> =>
  async (tx) => {
    await one(tx);
    await two(tx);
  };

async function digestOf(
  { unsubscribeUrl: urlOf }: DeliverTools,
  userId: string,
  locale: string,
  docs: readonly NotificationDoc[],
) {
  const { digest: words, unsubscribe } = catalogueOf(locale);
  const { title, intro } = words(docs.length);
  const news = docs.map(({ template, variables }) => {
    const one = render(template as Template, "email", variables as never, locale);
    return `* ${one.title}\n  ${one.body.replaceAll("\n", "\n  ")}`;
  });
  const topic: Topic = TEMPLATES[(docs[0] as NotificationDoc).template].topic;
  const unsubscribeUrl = await urlOf(userId, topic);
  return { subject: title, text: [intro, ...news, `-- \n${unsubscribe(unsubscribeUrl)}`].join("\n\n"), unsubscribeUrl };
}
