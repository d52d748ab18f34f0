/** Who belongs to a building: its residents and roles, from residency's and iam's events. Version wins. */
import type { Db, Filter, WithId } from "mongodb";
import type { Doc } from "../../mixins/mongo/session-collection.ts";
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

/** A database, or a transaction. */
export interface Reader {
  collection<D extends Doc>(name: string): { find(filter: Filter<D>): { toArray(): Promise<WithId<D>[]> } };
}

export const BUILDINGS = "buildings";
export const RESIDENTS = "residents";
export const ROLES = "roles";
const MANAGER = "manager";

export async function ensureDirectoryIndexes(db: Db): Promise<void> {
  await Promise.all([
    db
      .collection<ResidentDoc>(RESIDENTS)
      .createIndexes([{ key: { buildingId: 1, verified: 1 } }, { key: { userId: 1 } }]),
    db.collection<RoleDoc>(ROLES).createIndexes([{ key: { buildingId: 1, held: 1 } }, { key: { userId: 1 } }]),
  ]);
}

/** Writes a document unless a newer one of its id is there. */
export async function putNewer<D extends { _id: string; version: number }>(
  tx: Tx,
  name: string,
  doc: D,
): Promise<void> {
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
  return (await managersIn(tx, [buildingId]))(buildingId);
}

/** Of several buildings. */
export async function managersIn(
  tx: Tx<"notifications">,
  buildingIds: readonly string[],
): Promise<(buildingId: string) => string[]> {
  const ids = [...new Set(buildingIds)];
  const roles = await tx
    .collection<RoleDoc>(ROLES)
    .find({ buildingId: { $in: ids }, role: MANAGER })
    .toArray();
  const buildings = await tx
    .collection<BuildingDoc>(BUILDINGS)
    .find({ _id: { $in: ids } })
    .toArray();
  return (buildingId) =>
    managing(
      buildings.find(({ _id }) => _id === buildingId) ?? null,
      roles.filter((role) => role.buildingId === buildingId),
    );
}

/** Who was named counts until the role is known to be taken away. Pure. @param roles also those that are held no more */
export function managing(building: BuildingDoc | null, roles: readonly RoleDoc[]): string[] {
  const held = roles.filter((one) => one.role === MANAGER && one.held).map(({ userId }) => userId);
  const isRevoked = roles.some((one) => one.role === MANAGER && one.userId === building?.managerId && !one.held);
  return [...new Set([...(building && !isRevoked ? [building.managerId] : []), ...held])];
}

/** Tells whether one of these people lives in, or works for, one of these buildings. */
export async function belonging(
  reader: Reader,
  userIds: readonly string[],
  buildingIds: readonly string[],
): Promise<(userId: string, buildingId: string) => boolean> {
  if (userIds.length === 0) return () => false;
  const both = { userId: { $in: [...userIds] }, buildingId: { $in: [...buildingIds] } };
  const living = await reader
    .collection<ResidentDoc>(RESIDENTS)
    .find({ ...both, verified: true })
    .toArray();
  const roles = await reader.collection<RoleDoc>(ROLES).find(both).toArray();
  const buildings = await reader.collection<BuildingDoc>(BUILDINGS).find({ _id: both.buildingId }).toArray();
  const key = (userId: string, buildingId: string): string => `${userId}/${buildingId}`;
  const known = new Set([
    ...[...living, ...roles.filter(({ held }) => held)].map((one) => key(one.userId, one.buildingId)),
    ...buildings.flatMap((building) =>
      managing(
        building,
        roles.filter(({ buildingId }) => buildingId === building._id),
      ).map((userId) => key(userId, building._id)),
    ),
  ]);
  return (userId, buildingId) => known.has(key(userId, buildingId));
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

const STAFF = ["staff", MANAGER, "provider"];

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
  const named = asked.includes(MANAGER) ? await managersOf(tx, buildingId) : [];
  return [...new Set([...living, ...some, ...named])];
}
