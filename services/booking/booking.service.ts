import type { Service, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { createResource } from "./actions/create-resource.ts";
import { exportPerson } from "./actions/export-person.ts";
import { getResource } from "./actions/get-resource.ts";
import { listResources } from "./actions/list-resources.ts";
import { updateResource } from "./actions/update-resource.ts";
import { booking } from "./contract.ts";
import { ensureIndexes } from "./repository.ts";

const actions = [createResource, listResources, getResource, updateResource, exportPerson];

export default {
  name: "booking",
  mixins: [domainMixin({ contract: booking, actions, handlers: [] })],
  async started(this: Service) {
    await ensureIndexes(this.broker.backbone.database("booking"));
  },
} as object as ServiceSchema;
