import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { viewDelivery } from "../model.ts";
import { deliveries } from "../repository.ts";

export const listDeliveries = implement("notifications.listDeliveries", ({ params, store }) => {
  const { channel, to } = params;
  const filter = { ...(channel !== undefined && { channel }), ...(to !== undefined && { to: to.toLowerCase() }) };
  return findPage(deliveries(store.db), filter, params, viewDelivery);
});
