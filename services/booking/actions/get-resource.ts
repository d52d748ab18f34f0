import { implement } from "../../../mixins/kit/implement.ts";
import { findResource } from "../repository.ts";
import { viewBookable } from "../resource.ts";

export const getResource = implement("booking.getResource", async ({ params, actor, store }) =>
  viewBookable(await findResource(store.db, params.id, actor)),
);
