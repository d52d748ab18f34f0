/** Buildings, units, codes, residencies: types and decisions. Pure. */
import { createHash } from "node:crypto";
import { type Actor, isManagerOf } from "../../mixins/kit/actor.ts";
import { type BusinessHours, DEFAULT_HOURS } from "../../mixins/kit/business-time.ts";
import { type ResourceDoc, viewResource } from "../../mixins/kit/fields.ts";
import type { StateOf } from "../../mixins/kit/states.ts";
import {
  CodeExpiredError,
  CodeInvalidError,
  CodeUsedUpError,
  HoursEmptyError,
  IllegalResidencyStepError,
} from "./errors.ts";
import { residencyStates } from "./states.ts";

export interface BuildingDoc extends ResourceDoc {
  name: string;
  address: string;
  timeZone: string;
  /** When work is done there; absent: the usual hours. */
  businessHours?: BusinessHours;
  managerId: string;
}
export interface UnitDoc extends ResourceDoc {
  buildingId: string;
  name: string;
  floor: number | null;
}
export interface CodeDoc {
  _id: string;
  unitId: string;
  /** SHA-256; the code itself is shown once and kept nowhere. */
  codeHash: string;
  maxUses: number;
  uses: number;
  expiresAt: Date;
  revokedAt: Date | null;
  createdAt: Date;
}
/** A wrong code that somebody tried; forgotten after the window. */
export interface CodeAttemptDoc {
  _id: string;
  userId: string;
  at: Date;
}
export type ResidencyStatus = StateOf<typeof residencyStates>;
export type Relation = "owner" | "tenant" | "family";
export type Method = "code" | "contact" | "review";
export interface ResidencyDoc extends ResourceDoc {
  userId: string;
  unitId: string;
  buildingId: string;
  relation: Relation;
  status: ResidencyStatus;
  /** `{userId}/{unitId}` while pending or verified, with a unique index; absent afterwards. */
  live?: string;
  method: Method | null;
  reason: string | null;
  actorId: string;
}

export const legalSteps = (from: ResidencyStatus): readonly ResidencyStatus[] => residencyStates.steps[from];

/** @throws IllegalResidencyStepError, which names the legal ones */
export function step(
  residency: ResidencyDoc,
  to: ResidencyStatus,
  by: { actorId: string; reason?: string; method?: Method },
  now: Date,
): ResidencyDoc {
  const legal = legalSteps(residency.status);
  if (!legal.includes(to)) throw new IllegalResidencyStepError(residency.status, to, legal);
  const { live, ...rest } = residency;
  return {
    ...rest,
    ...(to === "verified" && live !== undefined && { live }),
    status: to,
    method: by.method ?? residency.method,
    reason: by.reason ?? null,
    actorId: by.actorId,
    version: residency.version + 1,
    updatedAt: now,
  };
}

/** @throws HoursEmptyError */
export function checkHours({ from, to }: BusinessHours): void {
  if (to <= from) throw new HoursEmptyError();
}

export const liveKey = (userId: string, unitId: string): string => `${userId}/${unitId}`;

/** What a claim looks like before anybody has decided. */
export const newClaim = (
  id: string,
  userId: string,
  unit: Pick<UnitDoc, "_id" | "buildingId">,
  relation: Relation,
  now: Date,
): ResidencyDoc => ({
  _id: id,
  userId,
  unitId: unit._id,
  buildingId: unit.buildingId,
  relation,
  status: "pending",
  live: liveKey(userId, unit._id),
  method: null,
  reason: null,
  actorId: userId,
  version: 1,
  createdAt: now,
  updatedAt: now,
});

/** Without look-alikes (0 O 1 I L). */
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
export const CODE_LENGTH = 10;

/** `bytes`: at least 10 random ones. */
export const codeFrom = (bytes: Uint8Array): string =>
  Array.from(bytes.slice(0, CODE_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("");

/** As people type it: lower case, with spaces or dashes. */
export const normaliseCode = (code: string): string => code.toUpperCase().replace(/[\s-]/g, "");
export const hashCode = (code: string): string => createHash("sha256").update(normaliseCode(code)).digest("base64url");

/** @throws CodeInvalidError, CodeExpiredError, CodeUsedUpError */
export function checkCode(code: CodeDoc | null, now: Date): CodeDoc {
  if (!code || code.revokedAt) throw new CodeInvalidError();
  if (code.expiresAt <= now) throw new CodeExpiredError();
  if (code.uses >= code.maxUses) throw new CodeUsedUpError();
  return code;
}

/** The resident and the building's managers see a residency; others do not know that it exists. */
export const canSee = (actor: Actor, residency: Pick<ResidencyDoc, "userId" | "buildingId">): boolean =>
  residency.userId === actor.userId || isManagerOf(actor, residency.buildingId);

export const viewBuilding = (doc: BuildingDoc) => ({
  ...viewResource(doc),
  name: doc.name,
  address: doc.address,
  timeZone: doc.timeZone,
  businessHours: doc.businessHours ?? DEFAULT_HOURS,
  managerId: doc.managerId,
});
export const viewUnit = (doc: UnitDoc) => ({
  ...viewResource(doc),
  buildingId: doc.buildingId,
  name: doc.name,
  floor: doc.floor,
});
export const viewCode = (doc: CodeDoc) => ({
  id: doc._id,
  unitId: doc.unitId,
  maxUses: doc.maxUses,
  uses: doc.uses,
  expiresAt: doc.expiresAt.toISOString(),
  revoked: doc.revokedAt !== null,
  createdAt: doc.createdAt.toISOString(),
});
export const viewResidency = (doc: ResidencyDoc) => ({
  ...viewResource(doc),
  userId: doc.userId,
  unitId: doc.unitId,
  buildingId: doc.buildingId,
  relation: doc.relation,
  status: doc.status,
  method: doc.method,
  reason: doc.reason,
});
