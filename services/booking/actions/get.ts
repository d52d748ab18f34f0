import { implement } from "../../../mixins/kit/implement.ts";
import { viewBooking } from "../model.ts";
import { findBooking } from "../repository.ts";

export const get = implement("booking.get", async ({ params, actor, store }) =>
  viewBooking(await findBooking(store.db, params.id, actor)),
);
