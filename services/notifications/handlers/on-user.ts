/** The directory of people, and what they are told about their account. */
import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { NotificationDoc, PersonDoc } from "../model.ts";
import type { Notify } from "../notify.ts";
import { DELIVERIES, NOTIFICATIONS, PEOPLE } from "../repository.ts";

export const onUserCreated = (notify: Notify) =>
  onEvent("user.created", async (event, tx: Tx<"notifications">) => {
    const { userId, ...person } = event.payload;
    const { displayName } = person;
    // What came first, a change or the deletion, knows better.
    const fields = { ...person, version: 1, deleted: false };
    await tx.collection<PersonDoc>(PEOPLE).updateOne({ _id: userId }, { $setOnInsert: fields }, { upsert: true });
    await notify(tx, event, { userId, template: "welcome", variables: { displayName }, channels: ["in_app"] });
    const variables = { displayName, token: "", expiresAt: "" };
    await notify(tx, event, { userId, template: "verify_email", variables, channels: ["email"] });
  });

export const onPasswordResetCreated = (notify: Notify) =>
  onEvent("password_reset.created", async (event, tx: Tx<"notifications">) => {
    const variables = { displayName: "", token: "", expiresAt: "" };
    await notify(tx, event, {
      userId: event.payload.userId,
      template: "reset_password",
      variables,
      channels: ["email"],
    });
  });

export const onUserUpdated = onEvent("user.updated", async ({ payload }, tx: Tx<"notifications">) => {
  const { userId, version, changed } = payload;
  const { phone: _, ...known } = changed;
  await tx
    .collection<PersonDoc>(PEOPLE)
    .updateOne({ _id: userId, version: { $lt: version }, deleted: false }, { $set: { ...known, version } });
});

export const onUserDeleted = onEvent("user.deleted", async ({ payload }, tx: Tx<"notifications">) => {
  const { userId, version } = payload;
  const people = tx.collection<PersonDoc>(PEOPLE);
  const person = await people.findOne({ _id: userId });
  const nobody = { email: "", displayName: "", locale: "en", timeZone: "UTC", version, deleted: true };
  await people.updateOne({ _id: userId }, { $set: nobody }, { upsert: true });
  await tx.collection<NotificationDoc>(NOTIFICATIONS).deleteMany({ userId });
  if (person?.email) await tx.collection(DELIVERIES).deleteMany({ to: person.email } as object);
});
