import type { Db } from "mongodb";
import { type Actor, isManagerOf } from "../../mixins/kit/actor.ts";
import { NotFoundError, VersionMismatchError } from "../../mixins/kit/errors.ts";
import { isDuplicateKey } from "../../mixins/kit/failure.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { ContactDoc } from "./contacts.ts";
import { AlreadyClaimedError, UnitNameTakenError } from "./errors.ts";
import type { BuildingDoc, CodeAttemptDoc, CodeDoc, ResidencyDoc, UnitDoc } from "./model.ts";

export const BUILDINGS = "buildings";
export const UNITS = "units";
export const CODES = "codes";
export const CODE_ATTEMPTS = "code_attempts";
export const CONTACTS = "contacts";
export const RESIDENCIES = "residencies";

export const units = (db: Db) => db.collection<UnitDoc>(UNITS);
export const buildings = (db: Db) => db.collection<BuildingDoc>(BUILDINGS);
export const codes = (db: Db) => db.collection<CodeDoc>(CODES);
export const codeAttempts = (db: Db) => db.collection<CodeAttemptDoc>(CODE_ATTEMPTS);
export const contacts = (db: Db) => db.collection<ContactDoc>(CONTACTS);
export const residencies = (db: Db) => db.collection<ResidencyDoc>(RESIDENCIES);

/** Compares without case; accents count. */
const ANY_CASE = { locale: "en", strength: 2 };
export const CODE_ATTEMPTS_WINDOW_S = 900;

export async function ensureIndexes(db: Db): Promise<void> {
  await Promise.all([
    contacts(db).createIndexes([
      { key: { buildingId: 1, _id: -1 } },
      { key: { userId: 1 }, sparse: true },
      { key: { email: 1 } },
    ]),
    units(db).createIndexes([
      // "A1" and "a1" are one door.
      { key: { buildingId: 1, name: 1 }, name: "name_in_building", unique: true, collation: ANY_CASE },
    ]),
    codes(db).createIndexes([{ key: { unitId: 1, codeHash: 1 }, unique: true }]),
    codeAttempts(db).createIndexes([
      { key: { userId: 1, at: 1 } },
      { key: { at: 1 }, expireAfterSeconds: CODE_ATTEMPTS_WINDOW_S },
    ]),
    residencies(db).createIndexes([
      { key: { live: 1 }, unique: true, sparse: true },
      { key: { userId: 1, _id: -1 } },
      { key: { buildingId: 1, status: 1, _id: -1 } },
      { key: { buildingId: 1, _id: -1 } },
    ]),
  ]);
}

const options = { maxTimeMS: MAX_TIME_MS };

/** @throws NotFoundError */
export async function findBuilding(db: Db, id: string): Promise<BuildingDoc> {
  const building = await buildings(db).findOne({ _id: id }, options);
  if (!building) throw new NotFoundError("The building");
  return building;
}

/** @throws NotFoundError */
export async function findUnit(db: Db, id: string): Promise<UnitDoc> {
  const unit = await units(db).findOne({ _id: id }, options);
  if (!unit) throw new NotFoundError("The unit");
  return unit;
}

/** A unit of a building that the caller manages. @throws NotFoundError */
export async function findManagedUnit(db: Db, id: string, actor: Actor): Promise<UnitDoc> {
  const unit = await findUnit(db, id);
  if (!isManagerOf(actor, unit.buildingId)) throw new NotFoundError("The unit");
  return unit;
}

/** @throws UnitNameTakenError */
export async function insertUnit(tx: Tx<"residency">, unit: UnitDoc): Promise<void> {
  try {
    await tx.collection<UnitDoc>(UNITS).insertOne(unit);
  } catch (error) {
    throw isDuplicateKey(error) ? new UnitNameTakenError(unit.name) : error;
  }
}

/** @throws UnitNameTakenError */
export async function replaceUnit(tx: Tx<"residency">, { _id, ...fields }: UnitDoc): Promise<void> {
  try {
    await tx.collection<UnitDoc>(UNITS).updateOne({ _id }, { $set: fields });
  } catch (error) {
    throw isDuplicateKey(error) ? new UnitNameTakenError(fields.name) : error;
  }
}

/** Inserts or replaces. @throws AlreadyClaimedError, VersionMismatchError */
export async function saveResidency(tx: Tx<"residency">, next: ResidencyDoc, old: ResidencyDoc | null): Promise<void> {
  const collection = tx.collection<ResidencyDoc>(RESIDENCIES);
  try {
    if (!old) {
      await collection.insertOne(next);
      return;
    }
    const { _id, ...fields } = next;
    const update = { $set: fields, ...(next.live === undefined && { $unset: { live: "" as const } }) };
    const { matchedCount } = await collection.updateOne({ _id, version: old.version }, update);
    if (matchedCount === 0) throw new VersionMismatchError(old.version, old.version + 1);
  } catch (error) {
    throw isDuplicateKey(error) ? new AlreadyClaimedError() : error;
  }
}

/** By which the person could claim the unit. */
export async function dropContacts(
  tx: Tx<"residency">,
  { unitId, userId }: Pick<ResidencyDoc, "unitId" | "userId">,
): Promise<void> {
  await tx.collection<ContactDoc>(CONTACTS).deleteMany({ unitId, userId });
}
