import { implement } from "../../../mixins/kit/implement.ts";
import { icsOf } from "../ics.ts";
import { findBooking } from "../repository.ts";

export const getIcs = implement("booking.getIcs", async ({ params, actor, store }) => ({
  ics: icsOf(await findBooking(store.db, params.id, actor)),
}));
