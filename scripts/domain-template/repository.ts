import type { Db } from "mongodb";
import type { ThingDoc } from "./model.ts";

export const THINGS = "things";
export const things = (db: Db) => db.collection<ThingDoc>(THINGS);

export async function ensureIndexes(db: Db): Promise<void> {
  await things(db).createIndexes([{ key: { ownerId: 1, _id: -1 } }, { key: { buildingId: 1, status: 1, _id: -1 } }]);
}
