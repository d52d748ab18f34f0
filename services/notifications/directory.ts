/** Who belongs to a building: its residents and roles, from residency's and iam's events. Version wins. */
import type { Db } from "mongodb";
import type { Tx } from "../../mixins/outbox/transaction.ts";

export interface BuildingDoc {
  _id: string;
  managerId: string;
  name?: string;
  timeZone?: string;
}
export interface ResidentDoc {
  /** residencyId */
  _id: string;
  userId: string;
  buildingId: string;
  unitId: string;
  verified: boolean;
  version: number;
}
export interface RoleDoc {
  /** `{userId}/{buildingId}/{role}` */
  _id: string;
  userId: string;
  buildingId: string;
  role: string;
  held: boolean;
  version: number;
}
export type Audience = { type: "building" | "unit" | "role"; unitIds: string[]; roles: string[] };

export const BUILDINGS = "buildings";
export const RESIDENTS = "residents";
export const ROLES = "roles";

export async function ensureDirectoryIndexes(db: Db): Promise<void> {
  await Promise.all([
    db
      .collection<ResidentDoc>(RESIDENTS)
      .createIndexes([{ key: { buildingId: 1, verified: 1 } }, { key: { userId: 1 } }]),
    db.collection<RoleDoc>(ROLES).createIndexes([{ key: { buildingId: 1, held: 1 } }, { key: { userId: 1 } }]),
  ]);
}

/** Writes a document unless a newer one of its id is there. */
async function putNewer<D extends { _id: string; version: number }>(tx: Tx, name: string, doc: D): Promise<void> {
  const collection = tx.collection<D>(name);
  const known = await collection.findOne({ _id: doc._id } as never);
  if (known && known.version >= doc.version) return;
  const { _id, ...fields } = doc;
  await collection.updateOne({ _id } as never, { $set: fields } as never, { upsert: true });
}

export const putResident = (tx: Tx<"notifications">, doc: ResidentDoc) => putNewer(tx as never, RESIDENTS, doc);
export const putRole = (tx: Tx<"notifications">, doc: RoleDoc) => putNewer(tx as never, ROLES, doc);

export const findBuilding = (tx: Tx<"notifications">, buildingId: string) =>
  tx.collection<BuildingDoc>(BUILDINGS).findOne({ _id: buildingId });

/** Who manages it: by role, and who was named when it was made. */
export async function managersOf(tx: Tx<"notifications">, buildingId: string): Promise<string[]> {
  const [building, roles] = [await findBuilding(tx, buildingId), await holders(tx, buildingId, ["manager"])];
  return [...new Set([...(building ? [building.managerId] : []), ...roles])];
}

async function holders(tx: Tx<"notifications">, buildingId: string, roles: readonly string[]): Promise<string[]> {
  const found = await tx
    .collection<RoleDoc>(ROLES)
    .find({ buildingId, held: true, role: { $in: [...roles] } })
    .toArray();
  return found.map(({ userId }) => userId);
}

async function residents(tx: Tx<"notifications">, buildingId: string, unitIds?: readonly string[]): Promise<string[]> {
  const found = await tx
    .collection<ResidentDoc>(RESIDENTS)
    .find({ buildingId, verified: true, ...(unitIds && { unitId: { $in: [...unitIds] } }) })
    .toArray();
  return found.map(({ userId }) => userId);
}

const STAFF = ["staff", "manager", "provider"];

/** Everybody of a building that something is meant for, once each. */
export async function audienceOf(
  tx: Tx<"notifications">,
  buildingId: string,
  { type, unitIds, roles }: Audience,
): Promise<string[]> {
  if (type === "unit") return [...new Set(await residents(tx, buildingId, unitIds))];
  const asked = type === "building" ? ["resident", ...STAFF] : roles;
  const some = await holders(tx, buildingId, asked);
  const living = asked.includes("resident") ? await residents(tx, buildingId) : [];
  const named = asked.includes("manager") ? await managersOf(tx, buildingId) : [];
  return [...new Set([...living, ...some, ...named])];
}
