import type { Db } from "mongodb";
import { type Actor, isResidentOf, isStaffOf } from "../../mixins/kit/actor.ts";
import { NotFoundError } from "../../mixins/kit/errors.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { BookableDoc } from "./resource.ts";

export const RESOURCES = "resources";
export const resources = (db: Db) => db.collection<BookableDoc>(RESOURCES);

export async function ensureIndexes(db: Db): Promise<void> {
  await resources(db).createIndex({ buildingId: 1, _id: -1 });
}

/** Residents and staff of the building see what can be booked there. */
export const seesResources = (actor: Actor, buildingId: string): boolean =>
  isResidentOf(actor, buildingId) || isStaffOf(actor, buildingId);

/** @throws NotFoundError, also for what the actor may not know of */
export async function findResource(db: Db, id: string, actor: Actor): Promise<BookableDoc> {
  const resource = await resources(db).findOne({ _id: id }, { maxTimeMS: MAX_TIME_MS });
  if (!resource || !seesResources(actor, resource.buildingId)) throw new NotFoundError("The resource");
  return resource;
}
