/** Things: types and decisions. Pure: the clock and the ids are passed in. */
import { type Actor, isStaffOf } from "../../mixins/kit/actor.ts";
import { ConflictError } from "../../mixins/kit/errors.ts";
import { type ResourceDoc, viewResource } from "../../mixins/kit/fields.ts";
import type { StateOf } from "../../mixins/kit/states.ts";
import { thingStates } from "./states.ts";

export type ThingStatus = StateOf<typeof thingStates>;

export interface ThingDoc extends ResourceDoc {
  buildingId: string;
  /** null: a former resident. */
  ownerId: string | null;
  title: string;
  status: ThingStatus;
}

export interface NewThing {
  buildingId: string;
  title: string;
}

export const newThing = (id: string, asked: NewThing, ownerId: string, now: Date): ThingDoc => ({
  _id: id,
  ...asked,
  ownerId,
  status: "open",
  version: 1,
  createdAt: now,
  updatedAt: now,
});

export const canSee = (actor: Actor, thing: Pick<ThingDoc, "ownerId" | "buildingId">): boolean =>
  thing.ownerId === actor.userId || isStaffOf(actor, thing.buildingId);

/** @throws ConflictError, which names the legal steps */
export function step(thing: ThingDoc, to: ThingStatus, now: Date): ThingDoc {
  const legal = thingStates.steps[thing.status];
  if (!legal.includes(to)) throw new ConflictError(`A thing that is ${thing.status} can't become ${to}.`, { legal });
  return { ...thing, status: to, version: thing.version + 1, updatedAt: now };
}

export const viewThing = (thing: ThingDoc) => ({
  ...viewResource(thing),
  buildingId: thing.buildingId,
  ownerId: thing.ownerId,
  title: thing.title,
  status: thing.status,
});
