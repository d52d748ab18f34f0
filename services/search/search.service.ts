import type { Service, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { query } from "./actions/query.ts";
import { search } from "./contract.ts";
import { onTicketCreated, onTicketStatusChanged } from "./handlers/on-ticket.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { ensureIndexes } from "./repository.ts";

const handlers = [onTicketCreated, onTicketStatusChanged, onUserDeleted];

export default {
  name: "search",
  mixins: [domainMixin({ contract: search, actions: [query], handlers })],
  async started(this: Service) {
    await ensureIndexes(this.broker.backbone.database("search"));
  },
} as object as ServiceSchema;
