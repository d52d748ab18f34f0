/** The job that sends an e-mail: looks up the address, renders, sends, and tells how it went. */
import type { Db } from "mongodb";
import type { JobKind, Settle } from "../../mixins/jobs/job.ts";
import { codeOf } from "../../mixins/kit/failure.ts";
import type { Call } from "../../mixins/kit/implement.ts";
import { RefusedError, type Sender } from "./channels/channel.ts";
import { publishFailed, publishSent } from "./facts.ts";
import type { NotificationDoc, NotificationStatus, PersonDoc } from "./model.ts";
import { NOTIFICATIONS, people } from "./repository.ts";
import { render, type Template, type TemplateVariables } from "./templates.ts";

export const DELIVER = "deliver";

export interface DeliverData {
  notificationId: string;
  userId: string;
  template: Template;
  variables: object;
}

export interface DeliverTools {
  db: Db;
  call: Call;
  sender: Sender;
}

/** The directory does not know the person (yet): user.created is still on its way. */
class AddressUnknownError extends Error {
  readonly code = "ADDRESS_UNKNOWN";
}

const BACKOFF_MS = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000];

export const deliver = ({ db, call, sender }: DeliverTools): JobKind<"notifications", DeliverData> => ({
  kind: DELIVER,
  async run({ data }) {
    const person = await people(db).findOne({ _id: data.userId });
    if (!person) throw new AddressUnknownError("There is no address for this person.");
    if (person.deleted) return async () => {};
    const variables = await variablesOf(data, person, call);
    if (!variables) return settled(data, "sent", "NOT_NEEDED");
    const { title, body } = render(data.template, variables as never, person.locale);
    await sender.send({ notificationId: data.notificationId, to: person.email, subject: title, text: body });
    return settled(data, "sent");
  },
  retryAfter: (attempts, error) => (error instanceof RefusedError ? null : (BACKOFF_MS[attempts - 1] ?? null)),
  giveUp: ({ data }, error) => settled(data, "failed", codeOf(error)),
});

/** Secrets are asked for at the last moment, and kept nowhere. @returns undefined when there is nothing to send */
async function variablesOf(data: DeliverData, person: PersonDoc, call: Call): Promise<object | undefined> {
  const { _id: userId, displayName } = person;
  if (data.template === "verify_email") {
    const { alreadyVerified, token, expiresAt } = await call("iam.verificationToken", { userId });
    return alreadyVerified
      ? undefined
      : ({ displayName, token, expiresAt } satisfies TemplateVariables["verify_email"]);
  }
  if (data.template === "reset_password") {
    const secret = await call("iam.resetToken", { userId });
    return { displayName, ...secret } satisfies TemplateVariables["reset_password"];
  }
  return data.variables;
}

const settled =
  ({ notificationId }: DeliverData, status: NotificationStatus, reason?: string): Settle<"notifications"> =>
  async (tx) => {
    const doc = await tx
      .collection<NotificationDoc>(NOTIFICATIONS)
      .findOneAndUpdate({ _id: notificationId }, { $set: { status, settledAt: tx.now } });
    if (!doc || reason === "NOT_NEEDED") return;
    if (status === "sent") publishSent(tx, doc);
    else publishFailed(tx, doc, reason ?? "UNKNOWN");
  };
