import type { Service, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { claim } from "./actions/claim.ts";
import { createBuilding } from "./actions/create-building.ts";
import { createCode } from "./actions/create-code.ts";
import { createUnit } from "./actions/create-unit.ts";
import { endResidency, rejectResidency, revokeResidency, verifyResidency } from "./actions/decide-residency.ts";
import { exportPerson } from "./actions/export-person.ts";
import { forgetAddress } from "./actions/forget-address.ts";
import { getBuilding } from "./actions/get-building.ts";
import { getResidency } from "./actions/get-residency.ts";
import { homes } from "./actions/homes.ts";
import { importContacts } from "./actions/import-contacts.ts";
import { listBuildings } from "./actions/list-buildings.ts";
import { listCodes } from "./actions/list-codes.ts";
import { listContacts } from "./actions/list-contacts.ts";
import { listResidencies } from "./actions/list-residencies.ts";
import { listUnits } from "./actions/list-units.ts";
import { membership } from "./actions/membership.ts";
import { revokeCode } from "./actions/revoke-code.ts";
import { unitsOf } from "./actions/units-of.ts";
import { updateBuilding } from "./actions/update-building.ts";
import { updateUnit } from "./actions/update-unit.ts";
import { residency } from "./contract.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { ensureIndexes, RESIDENCIES } from "./repository.ts";

const actions = [
  exportPerson,
  forgetAddress,
  updateUnit,
  importContacts,
  listContacts,
  createBuilding,
  listBuildings,
  getBuilding,
  updateBuilding,
  createUnit,
  listUnits,
  createCode,
  listCodes,
  revokeCode,
  claim,
  listResidencies,
  getResidency,
  verifyResidency,
  rejectResidency,
  revokeResidency,
  endResidency,
  homes,
  membership,
  unitsOf,
];

export default {
  name: "residency",
  mixins: [domainMixin({ contract: residency, actions, handlers: [onUserDeleted], reads: RESIDENCIES })],
  async started(this: Service) {
    await ensureIndexes(this.broker.backbone.database("residency"));
  },
} as object as ServiceSchema;
