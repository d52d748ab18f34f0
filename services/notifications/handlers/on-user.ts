/** The directory of people, and what they are told about their account. */
import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { Notify } from "../notify.ts";
import { type PersonDoc, type PersonFields, withFields } from "../people.ts";
import { PEOPLE } from "../repository.ts";

async function remember(tx: Tx<"notifications">, userId: string, fields: PersonFields, version: number): Promise<void> {
  const people = tx.collection<PersonDoc>(PEOPLE);
  const next = withFields(await people.findOne({ _id: userId }), userId, fields, version);
  if (!next) return;
  const { _id, ...known } = next;
  await people.updateOne({ _id }, { $set: known }, { upsert: true });
}

/** Secrets are asked for when the e-mail is sent. */
const ASKED_LATER = { token: "", expiresAt: "", timeZone: "UTC" };

export const onUserCreated = (notify: Notify) =>
  onEvent("user.created", async (event, tx: Tx<"notifications">) => {
    const { userId, ...fields } = event.payload;
    const { displayName } = fields;
    await remember(tx, userId, fields, 1);
    const variables = { displayName, ...ASKED_LATER };
    await notify(
      tx,
      event,
      { to: [userId], template: "welcome", variables: { displayName } },
      { to: [userId], template: "verify_email", variables },
    );
  });

export const onPasswordResetCreated = (notify: Notify) =>
  onEvent("password_reset.created", async (event, tx: Tx<"notifications">) => {
    const variables = { displayName: "", ...ASKED_LATER };
    await notify(tx, event, { to: [event.payload.userId], template: "reset_password", variables });
  });

export const onUserUpdated = onEvent("user.updated", async ({ payload }, tx: Tx<"notifications">) => {
  const { userId, version, changed } = payload;
  await remember(tx, userId, changed as PersonFields, version);
});
