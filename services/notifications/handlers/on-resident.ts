import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { Notify } from "../notify.ts";

export const onResidentVerified = (notify: Notify) =>
  onEvent("resident.verified", async (event, tx: Tx<"notifications">) => {
    const { userId } = event.payload;
    await notify(tx, event, { userId, template: "resident_verified", variables: {}, channels: ["in_app"] });
  });

export const onResidentUnverified = (notify: Notify) =>
  onEvent("resident.unverified", async (event, tx: Tx<"notifications">) => {
    const { userId, reason } = event.payload;
    const news = { template: "resident_unverified", variables: { reason } } as const;
    await notify(tx, event, { userId, ...news, channels: ["in_app", "email"] });
  });
