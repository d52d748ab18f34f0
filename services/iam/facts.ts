import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { UserDoc } from "./model.ts";

export function publishCreated(tx: Tx<"iam">, { _id, email, displayName, locale, timeZone, version }: UserDoc): void {
  const payload = { userId: _id, email, displayName, locale, timeZone };
  tx.publish("user.created", payload, { aggregateId: _id, aggregateVersion: version });
}
