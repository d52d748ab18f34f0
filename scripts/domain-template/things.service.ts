import type { Service, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { create } from "./actions/create.ts";
import { exportPerson } from "./actions/export-person.ts";
import { finish } from "./actions/finish.ts";
import { get } from "./actions/get.ts";
import { list } from "./actions/list.ts";
import { things } from "./contract.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { ensureIndexes, THINGS } from "./repository.ts";

const actions = [create, list, get, finish, exportPerson];

export default {
  name: "things",
  mixins: [domainMixin({ contract: things, actions, handlers: [onUserDeleted], reads: THINGS })],
  async started(this: Service) {
    await ensureIndexes(this.broker.backbone.database("things"));
  },
} as object as ServiceSchema;
