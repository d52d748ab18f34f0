/** The job that sends one message: looks up the addresses, renders, sends, and tells how it went. */
import type { Db } from "mongodb";
import type { RateGate } from "../../mixins/jobs/gate.ts";
import type { JobDoc, JobKind, Retry, Settle } from "../../mixins/jobs/job.ts";
import { codeOf } from "../../mixins/kit/failure.ts";
import type { Call, Logger } from "../../mixins/kit/implement.ts";
import { type Address, AddressDeadError, type Message, RefusedError, ThrottledError } from "./channels/channel.ts";
import type { Senders } from "./channels/senders.ts";
import type { NotificationDoc } from "./model.ts";
import { needlessOf } from "./needless.ts";
import { addressOf, type PersonDoc } from "./people.ts";
import { wants } from "./preferences.ts";
import { notifications, people, preferencesOf, subscriptionsOf } from "./repository.ts";
import { type DeadAddress, settled } from "./settle.ts";
import { catalogueOf, render } from "./templates/render.ts";
import { TEMPLATES, type TemplateVariables } from "./templates/templates.ts";
import { isCritical, type OutsideChannel, TOPICS } from "./topics.ts";
import type { UnsubscribeUrl } from "./unsubscribe.ts";

export const DELIVER = "deliver";

export interface DeliverData {
  notificationId: string;
  /** When it was due first. */
  since?: Date;
  /** Of jobs of releases before this one, whose notifications hold none. */
  variables?: object;
}

export interface DeliverTools {
  db: Db;
  call: Call;
  senders: Senders;
  gates: Readonly<Record<OutsideChannel, RateGate>>;
  unsubscribeUrl: UnsubscribeUrl;
  logger: Logger;
}

/** The directory does not know the person (yet): user.created is still on its way. */
class AddressUnknownError extends Error {
  readonly code = "ADDRESS_UNKNOWN";
}

const BACKOFF_MS = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000] as const;
/** Older news is no news. */
export const MAX_AGE_MS = 24 * 3_600_000;

/** Until a day has passed since it was due; a provider that asks to wait costs no try. */
export function retryAfter(attempts: number, error: unknown, since: Date, now: Date): Retry | null {
  if (error instanceof RefusedError || error instanceof AddressDeadError) return null;
  const throttled = error instanceof ThrottledError;
  const inMs = throttled ? error.retryAfterMs : (BACKOFF_MS[attempts - 1] ?? BACKOFF_MS[5]);
  if (now.getTime() + inMs - since.getTime() > MAX_AGE_MS) return null;
  return throttled ? { inMs, free: true } : inMs;
}

export const deliver = (tools: DeliverTools): JobKind<"notifications", DeliverData> => ({
  kind: DELIVER,
  run: (job) => attempt(tools, job),
  retryAfter: (attempts, error, { data, dueAt }, now) => retryAfter(attempts, error, data.since ?? dueAt, now),
  giveUp: ({ data }, error) => settled([data.notificationId], { status: "failed", reason: codeOf(error) }),
});

async function attempt(tools: DeliverTools, { data, attempts }: JobDoc<DeliverData>): Promise<Settle<"notifications">> {
  const { db } = tools;
  const { notificationId } = data;
  const doc = await notifications(db).findOne({ _id: notificationId });
  if (doc?.status !== "queued" || doc.channel === "in_app") return async () => {};
  const person = await people(db).findOne({ _id: doc.userId });
  const unheard = !person || (person.email === "" && !person.deleted);
  if (unheard) throw new AddressUnknownError("There is no address for this person.");
  const variables = await stillWanted(tools, doc, person, data);
  if (!variables) return settled([notificationId], { status: "dropped" });
  const message = await messageOf(tools, doc, person, variables);
  const { sent, dead, refused } = await sendToAll(tools, doc, person, {
    ...message,
    repeated: attempts > 1,
    since: data.since ?? doc.createdAt,
  });
  const [first] = dead;
  if (sent > 0) return settled([notificationId], { status: "sent" }, dead);
  const reason = refused ?? first?.reason ?? "NO_ADDRESS";
  return settled([notificationId], { status: "failed", reason }, dead);
}

/** What it says; undefined: the person wants it no more, or it has become needless. */
async function stillWanted(
  { db, call }: DeliverTools,
  doc: NotificationDoc,
  person: PersonDoc,
  data: DeliverData,
): Promise<object | undefined> {
  if (person.deleted || (await needlessOf(db, [doc])).size > 0) return undefined;
  const { topic } = TEMPLATES[doc.template];
  if (!isCritical(topic)) {
    const preferences = await preferencesOf(db).findOne({ _id: doc.userId });
    if (!wants(preferences ?? undefined, topic, doc.channel)) return undefined;
  }
  return secretsOf(doc, person, call) ?? doc.variables ?? data.variables;
}

/** Secrets are asked for at the last moment, and kept nowhere. */
function secretsOf(doc: NotificationDoc, { _id: userId, displayName, timeZone }: PersonDoc, call: Call) {
  if (doc.template === "verify_email")
    return call("iam.verificationToken", { userId }).then(({ alreadyVerified, token, expiresAt }) =>
      alreadyVerified
        ? undefined
        : ({ displayName, token, expiresAt, timeZone } satisfies TemplateVariables["verify_email"]),
    );
  if (doc.template === "reset_password")
    return call("iam.resetToken", { userId }).then(
      (secret) => ({ displayName, timeZone, ...secret }) satisfies TemplateVariables["reset_password"],
    );
  return undefined;
}

type Draft = Omit<Message, "address" | "repeated" | "since">;

async function messageOf(
  tools: DeliverTools,
  doc: NotificationDoc,
  person: PersonDoc,
  variables: object,
): Promise<Draft> {
  const { topic } = TEMPLATES[doc.template];
  const { title, body } = render(doc.template, doc.channel, variables as never, person.locale);
  const canEnd = doc.channel === "email" && !isCritical(topic);
  const unsubscribeUrl = canEnd ? await tools.unsubscribeUrl(person._id, topic) : null;
  const footer = unsubscribeUrl ? `\n\n-- \n${catalogueOf(person.locale).unsubscribe(unsubscribeUrl)}` : "";
  return {
    notificationId: doc._id,
    userId: person._id,
    subject: title,
    text: body + footer,
    urgency: TOPICS[topic].urgency,
    unsubscribeUrl,
    data: { template: doc.template, subject: doc.subject ?? null },
    namedId: doc.namedId ?? null,
  };
}

interface Target extends Address {
  subscriptionId?: string;
}

async function targetsOf(db: Db, channel: OutsideChannel, person: PersonDoc): Promise<Target[]> {
  if (channel !== "push") {
    const to = addressOf(person, channel);
    return to === undefined ? [] : [{ to }];
  }
  const devices = await subscriptionsOf(db).find({ userId: person._id }).toArray();
  return devices.map(({ _id, endpoint, keys }) => ({ to: endpoint, keys, subscriptionId: _id }));
}

/** To every address that does not have it yet. @throws what is worth another try, once all have been tried */
async function sendToAll(
  tools: DeliverTools,
  doc: NotificationDoc,
  person: PersonDoc,
  draft: Omit<Message, "address">,
) {
  const { db, senders, gates } = tools;
  const channel = doc.channel as OutsideChannel;
  const targets = await targetsOf(db, channel, person);
  const reached = new Set(doc.reached);
  const dead: DeadAddress[] = [];
  let [again, refused]: [unknown, string | undefined] = [undefined, undefined];
  for (const { subscriptionId, ...address } of targets) {
    if (reached.has(address.to)) continue;
    try {
      await senders[channel].send({ ...draft, address });
      reached.add(address.to);
      if (targets.length > 1)
        await notifications(db).updateOne({ _id: doc._id }, { $addToSet: { reached: address.to } });
    } catch (error) {
      const about = { userId: person._id, channel, address: address.to, reason: codeOf(error) };
      if (error instanceof AddressDeadError) dead.push({ ...about, ...(subscriptionId && { subscriptionId }) });
      else if (error instanceof RefusedError) refused = codeOf(error);
      else again = error;
      tools.logger.warn(`${channel} of notification ${doc._id}: ${(error as Error).message} (${codeOf(error)})`);
      if (error instanceof ThrottledError) await gates[channel].pause(error.retryAfterMs);
    }
  }
  if (again !== undefined) throw again;
  return { sent: reached.size, dead, refused };
}
