/** The job that sends one message: looks up the addresses, renders, sends, and tells how it went. */
import type { Db } from "mongodb";
import type { EventMeta } from "../../mixins/amqp/envelope.ts";
import type { RateGate } from "../../mixins/jobs/gate.ts";
import type { JobDoc, JobKind, Retry, Settle } from "../../mixins/jobs/job.ts";
import type { Clock } from "../../mixins/kit/clock.ts";
import { codeOf } from "../../mixins/kit/failure.ts";
import type { Call, Logger } from "../../mixins/kit/implement.ts";
import { AddressDeadError, type Message, RefusedError, ThrottledError } from "./channels/channel.ts";
import type { Senders } from "./channels/senders.ts";
import type { NotificationDoc } from "./model.ts";
import { needlessOf } from "./needless.ts";
import type { PersonDoc } from "./people.ts";
import { type PreferencesDoc, wants } from "./preferences.ts";
import { keepQuiet, QuietHoursError } from "./quiet-hours.ts";
import type { Reads } from "./repository.ts";
import { sendToAll } from "./send.ts";
import { buried, type Ending, settleAll } from "./settle.ts";
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
  read: Reads;
  call: Call;
  clock: Clock;
  /** For what is settled before the job's end. */
  settleNow: (cause: EventMeta, settle: Settle<"notifications">) => Promise<void>;
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
/** Somebody else has settled it. */
const NOTHING: Ending = { ids: [], outcome: { status: "dropped" } };
/** Older news is no news. */
export const MAX_AGE_MS = 24 * 3_600_000;

/** Until a day has passed since it was due; a provider that asks to wait costs no try, nor do quiet hours. */
export function retryAfter(failures: number, error: unknown, since: Date, now: Date): Retry | null {
  if (error instanceof RefusedError || error instanceof AddressDeadError) return null;
  if (error instanceof QuietHoursError) return { inMs: error.until.getTime() - now.getTime(), free: true };
  const throttled = error instanceof ThrottledError;
  const inMs = throttled ? error.retryAfterMs : (BACKOFF_MS[failures - 1] ?? BACKOFF_MS[5]);
  if (now.getTime() + inMs - since.getTime() > MAX_AGE_MS) return null;
  return throttled ? { inMs, free: true } : inMs;
}

export const deliver = (tools: DeliverTools): JobKind<"notifications", DeliverData, Ending> => ({
  kind: DELIVER,
  endTogether: settleAll,
  run: (job) => attempt(tools, job),
  retryAfter: (failures, error, { data, dueAt }, now) => retryAfter(failures, error, data.since ?? dueAt, now),
  giveUp: ({ data: { notificationId } }, error) => ({
    ids: [notificationId],
    outcome: { status: "failed", reason: codeOf(error), unlessReached: true },
  }),
});

async function attempt(tools: DeliverTools, { data, attempts, cause }: JobDoc<DeliverData>): Promise<Ending> {
  const { db, read } = tools;
  const { notificationId } = data;
  const ids = [notificationId];
  const doc = await read.notification(notificationId);
  if (doc?.status !== "queued" || doc.channel === "in_app") return NOTHING;
  const [person, preferences] = await Promise.all([read.person(doc.userId), read.preferences(doc.userId)]);
  const unheard = !person || (person.email === "" && !person.deleted);
  if (unheard) throw new AddressUnknownError("There is no address for this person.");
  if (!(await isWanted(db, doc, person, preferences))) return { ids, outcome: { status: "dropped" } };
  const isAtOnce = isCritical(TEMPLATES[doc.template].topic);
  if (!isAtOnce) keepQuiet(preferences?.quietHours ?? null, person.timeZone, tools.clock());
  // Undefined: it has become needless.
  const variables = await (secretsOf(doc, person, tools.call) ?? doc.variables ?? data.variables);
  if (!variables) return { ids, outcome: { status: "dropped" } };
  const message = await messageOf(tools, doc, person, variables);
  const { sent, dead, refused, again } = await sendToAll(tools, doc, person, {
    ...message,
    repeated: attempts > 1,
    since: data.since ?? doc.createdAt,
  });
  if (again !== undefined) {
    if (dead.length > 0) await tools.settleNow(cause, buried(dead, doc));
    throw again;
  }
  const [first] = dead;
  if (sent > 0) return { ids, outcome: { status: "sent" }, dead };
  const reason = refused ?? first?.reason ?? "NO_ADDRESS";
  return { ids, outcome: { status: "failed", reason }, dead };
}

async function isWanted(
  db: Db,
  doc: NotificationDoc,
  person: PersonDoc,
  preferences: PreferencesDoc | null,
): Promise<boolean> {
  if (person.deleted || !wants(preferences ?? undefined, TEMPLATES[doc.template].topic, doc.channel)) return false;
  return (await needlessOf(db, [doc])).size === 0;
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
