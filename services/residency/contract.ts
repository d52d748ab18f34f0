import Type from "typebox";
import { BusinessHoursSchema } from "../../mixins/kit/business-time.ts";
import { type ActionsOf, action, defineContract, type EventsOf, event } from "../../mixins/kit/contracts.ts";
import {
  byId,
  closed,
  command,
  exportPerson,
  Id,
  line,
  nullable,
  oneOf,
  resource,
  Time,
  text,
} from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";
import { residencyStates } from "./states.ts";

const Name = line(120);
const Address = line(300);
const Reason = text(500);

export const RelationSchema = oneOf("owner", "tenant", "family");
export const ResidencyStatusSchema = oneOf("pending", "verified", "rejected", "ended", "revoked");
const MethodSchema = oneOf("code", "contact", "review");

export const BuildingSchema = Type.Object({
  ...resource,
  name: Type.String(),
  address: Type.String(),
  timeZone: Type.String(),
  businessHours: BusinessHoursSchema,
  managerId: Id,
});
export const UnitSchema = Type.Object({
  ...resource,
  buildingId: Id,
  name: Type.String(),
  floor: nullable(Type.Integer()),
});
export const CodeSchema = Type.Object({
  id: Id,
  unitId: Id,
  maxUses: Type.Integer(),
  uses: Type.Integer(),
  expiresAt: Time,
  revoked: Type.Boolean(),
  createdAt: Time,
});
export const ResidencySchema = Type.Object({
  ...resource,
  userId: Id,
  unitId: Id,
  buildingId: Id,
  relation: RelationSchema,
  status: ResidencyStatusSchema,
  method: nullable(MethodSchema),
  reason: nullable(Type.String()),
});

export const ContactSchema = Type.Object({
  unitId: Id,
  email: Type.String(),
  claimed: Type.Boolean({ description: "Somebody was verified by it." }),
  createdAt: Time,
});
const ContactRowSchema = Type.Object(
  { email: Type.String({ maxLength: 254 }), unit: Type.String({ maxLength: 120 }) },
  closed,
);
/** Bytes of a CSV: some 20,000 rows. */
const MAX_CSV = 2_000_000;

const byIdWithReason = Type.Object({ id: Id, reason: Reason }, closed);

export const residency = defineContract({
  service: "residency",
  summary: "Buildings, units and who lives there.",
  events: {
    "building.created": event(
      Type.Object({
        buildingId: Id,
        name: Type.String(),
        address: Type.String(),
        timeZone: Type.String(),
        managerId: Id,
      }),
    ),
    "residency.created": event(
      Type.Object({
        residencyId: Id,
        userId: Id,
        unitId: Id,
        buildingId: Id,
        relation: RelationSchema,
        status: ResidencyStatusSchema,
        version: Type.Integer(),
      }),
    ),
    "unit.assigned_to_user": event(
      Type.Object({
        unitId: Id,
        unitName: Type.String(),
        buildingId: Id,
        userId: Id,
        relation: RelationSchema,
        from: Time,
      }),
    ),
    "resident.verified": event(
      Type.Object({
        residencyId: Id,
        userId: Id,
        unitId: Id,
        buildingId: Id,
        relation: RelationSchema,
        method: MethodSchema,
        actorId: Type.String(),
        version: Type.Integer(),
      }),
    ),
    "resident.unverified": event(
      Type.Object({
        residencyId: Id,
        userId: Id,
        unitId: Id,
        buildingId: Id,
        reason: oneOf("rejected", "ended", "revoked"),
        actorId: Type.String(),
        version: Type.Integer(),
      }),
    ),
  },
  consumes: ["user.deleted"],
  states: { "a residency": residencyStates },
  actions: {
    createBuilding: action({
      summary: "Create a building",
      access: "admin",
      params: Type.Object(
        {
          name: Name,
          address: Address,
          timeZone: Type.String({ minLength: 3, maxLength: 60, description: "IANA name, e.g. Europe/Berlin." }),
          businessHours: Type.Optional(BusinessHoursSchema),
          managerId: Type.Optional(Id),
        },
        closed,
      ),
      result: BuildingSchema,
      rest: { method: "POST", path: "/buildings", status: 201, location: "/buildings/{id}" },
    }),
    listBuildings: action({
      summary: "Buildings that the caller lives in, works for, or administers",
      access: "user",
      params: Type.Object({ ...pagingParams }, closed),
      result: pageOf(BuildingSchema),
      rest: { method: "GET", path: "/buildings" },
    }),
    getBuilding: action({
      summary: "One building",
      access: "user",
      params: byId,
      result: BuildingSchema,
      rest: { method: "GET", path: "/buildings/{id}" },
    }),
    updateBuilding: action({
      summary: "Change a building",
      access: "manager",
      params: Type.Object(
        {
          id: Id,
          name: Type.Optional(Name),
          address: Type.Optional(Address),
          businessHours: Type.Optional(BusinessHoursSchema),
        },
        closed,
      ),
      result: BuildingSchema,
      rest: { method: "PATCH", path: "/buildings/{id}" },
    }),
    createUnit: action({
      summary: "Add a unit; its name is unique in the building, in upper or lower case",
      access: "manager",
      params: Type.Object(
        { id: Id, name: Name, floor: Type.Optional(Type.Integer({ minimum: -20, maximum: 300 })) },
        closed,
      ),
      result: UnitSchema,
      rest: { method: "POST", path: "/buildings/{id}/units", status: 201, location: "/units/{id}" },
    }),
    updateUnit: action({
      summary: "Change a unit",
      access: "manager",
      params: Type.Object(
        {
          id: Id,
          name: Type.Optional(Name),
          floor: Type.Optional(nullable(Type.Integer({ minimum: -20, maximum: 300 }))),
        },
        closed,
      ),
      result: UnitSchema,
      rest: { method: "PATCH", path: "/units/{id}" },
    }),
    listUnits: action({
      summary: "Units of a building",
      access: "staff",
      params: Type.Object({ id: Id, ...pagingParams }, closed),
      result: pageOf(UnitSchema),
      rest: { method: "GET", path: "/buildings/{id}/units" },
    }),
    createCode: action({
      summary: "Make a code that verifies residents of a unit; shown this once",
      access: "manager",
      params: Type.Object(
        {
          id: Id,
          maxUses: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
          expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 365 })),
        },
        closed,
      ),
      result: Type.Object({ id: Id, unitId: Id, code: Type.String(), expiresAt: Time, maxUses: Type.Integer() }),
      rest: { method: "POST", path: "/units/{id}/codes", status: 201, location: "/units/{unitId}/codes/{id}" },
    }),
    listCodes: action({
      summary: "Codes of a unit, without the codes themselves",
      access: "manager",
      params: Type.Object({ id: Id, ...pagingParams }, closed),
      result: pageOf(CodeSchema),
      rest: { method: "GET", path: "/units/{id}/codes" },
    }),
    revokeCode: action({
      summary: "Revoke a code",
      access: "manager",
      params: Type.Object({ id: Id, codeId: Id }, closed),
      result: Type.Object({}),
      rest: { method: "DELETE", path: "/units/{id}/codes/{codeId}", status: 204 },
    }),
    importContacts: action({
      summary:
        "Tell who lives where: a person with that verified e-mail address is verified at the claim. JSON, or CSV with the columns email and unit",
      access: "manager",
      params: Type.Object(
        {
          id: Id,
          partial: Type.Optional(
            Type.Boolean({ description: "Take the good rows and name the bad ones; else one bad row refuses all." }),
          ),
          contacts: Type.Optional(Type.Array(ContactRowSchema, { minItems: 1, maxItems: 1_000 })),
          csv: Type.Optional(Type.String({ maxLength: MAX_CSV })),
        },
        closed,
      ),
      result: Type.Object({
        imported: Type.Integer(),
        rejected: Type.Array(Type.Object({ path: Type.String(), message: Type.String() })),
      }),
      rest: {
        method: "POST",
        path: "/buildings/{id}/contacts",
        query: ["partial"],
        perMinute: 10,
        textBody: { types: ["text/csv"], field: "csv", maxBytes: MAX_CSV },
      },
    }),
    listContacts: action({
      summary: "The contacts of a building",
      access: "manager",
      params: Type.Object({ id: Id, ...pagingParams }, closed),
      result: pageOf(ContactSchema),
      rest: { method: "GET", path: "/buildings/{id}/contacts" },
    }),
    claim: action({
      summary: "Claim a unit: verified at once with its code, else pending until a manager decides",
      access: "user",
      params: Type.Object(
        { unitId: Id, relation: RelationSchema, code: Type.Optional(Type.String({ minLength: 4, maxLength: 40 })) },
        closed,
      ),
      result: ResidencySchema,
      rest: { method: "POST", path: "/residencies", status: 201, location: "/residencies/{id}" },
    }),
    listResidencies: action({
      summary: "Own residencies; with buildingId those of a building that the caller manages",
      access: "user",
      params: Type.Object(
        { buildingId: Type.Optional(Id), status: Type.Optional(ResidencyStatusSchema), ...pagingParams },
        closed,
      ),
      result: pageOf(ResidencySchema),
      rest: { method: "GET", path: "/residencies" },
    }),
    getResidency: action({
      summary: "One residency",
      access: "user",
      params: byId,
      result: ResidencySchema,
      rest: { method: "GET", path: "/residencies/{id}" },
    }),
    verifyResidency: action({
      summary: "Verify a pending residency",
      access: "manager",
      params: byId,
      result: ResidencySchema,
      rest: command("/residencies/{id}/verify"),
    }),
    rejectResidency: action({
      summary: "Reject a pending residency",
      access: "manager",
      params: byIdWithReason,
      result: ResidencySchema,
      rest: command("/residencies/{id}/reject"),
    }),
    revokeResidency: action({
      summary: "Revoke a verified residency",
      access: "manager",
      params: byIdWithReason,
      result: ResidencySchema,
      rest: command("/residencies/{id}/revoke"),
    }),
    endResidency: action({
      summary: "Move out",
      access: "user",
      params: byId,
      result: ResidencySchema,
      rest: command("/residencies/{id}/end"),
    }),
    forgetAddress: action({
      summary: "Strike an e-mail address off all lists of contacts: whose it was deletes the account",
      access: "internal",
      params: Type.Object({ email: Type.String({ maxLength: 254 }) }, closed),
      result: Type.Object({}),
    }),
    exportPerson: action(
      exportPerson(Type.Object({ residencies: Type.Array(ResidencySchema), contacts: Type.Array(ContactSchema) })),
    ),
    unitsOf: action({
      summary: "Which of these are units of the building?",
      access: "internal",
      params: Type.Object({ buildingId: Id, unitIds: Type.Array(Id, { maxItems: 100 }) }, closed),
      result: Type.Object({ known: Type.Array(Id) }),
    }),
    homes: action({
      summary: "Units of a building in which the user is a verified resident at this moment",
      access: "internal",
      params: Type.Object({ userId: Id, buildingId: Id }, closed),
      result: Type.Object({ unitIds: Type.Array(Id) }),
    }),
    membership: action({
      summary: "Which building is this unit in, and is the user a verified resident of it at this moment?",
      access: "internal",
      params: Type.Object({ userId: Id, unitId: Id }, closed),
      result: Type.Object({
        verified: Type.Boolean(),
        /** Of the unit, also where the user is no resident; null: there is no such unit. */
        buildingId: nullable(Id),
        timeZone: nullable(Type.String()),
        businessHours: nullable(BusinessHoursSchema),
        relation: nullable(RelationSchema),
      }),
    }),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface EventTypes extends EventsOf<typeof residency> {}
  interface ActionTypes extends ActionsOf<typeof residency> {}
}
