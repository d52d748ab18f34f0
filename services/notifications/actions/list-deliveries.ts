import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { viewDelivery } from "../model.ts";
import { deliveries } from "../repository.ts";

export const listDeliveries = implement("notifications.listDeliveries", ({ params, store }) => {
  const { channel, to } = params;
  // E-mail addresses are kept in lower case; endpoints of push services mean their capitals.
  const filter = {
    ...(channel !== undefined && { channel }),
    ...(to !== undefined && { to: { $in: [to, to.toLowerCase()] } }),
  };
  return findPage(deliveries(store.db), filter, params, viewDelivery);
});
