/** Accounts and sessions: types and decisions. Pure. */
import type { Actor, Membership, Role, RoleGrant } from "../../mixins/kit/actor.ts";
import { viewResource } from "../../mixins/kit/fields.ts";
import { RoleScopeError } from "./errors.ts";

/** What residency has told about one residency of the user; kept when it ended, so that a late event can't revive it. */
export interface KnownResidency extends Membership {
  residencyId: string;
  verified: boolean;
  version: number;
}

export interface UserDoc {
  _id: string;
  /** Lower case; unique. */
  email: string;
  passwordHash: string;
  displayName: string;
  phone: string | null;
  locale: string;
  timeZone: string;
  emailVerifiedAt: Date | null;
  roles: RoleGrant[];
  residencies: KnownResidency[];
  /** In every access token: raising it ends them all. */
  sessionVersion: number;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface SessionDoc {
  _id: string;
  userId: string;
  /** Of the account when its password was checked; absent in sessions of releases before. */
  sessionVersion?: number;
  /** SHA-256 of the refresh token that may be used next. */
  tokenHash: string;
  /** Of the one before: a repeat within the grace period gets the same successor, a later one ends the session. */
  previousHash: string | null;
  rotatedAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
  createdAt: Date;
}

/** A refresh that got lost on the way may be repeated for so long, milliseconds. */
export const REFRESH_GRACE_MS = 10_000;
export const SESSION_LIFE_MS = 30 * 24 * 3600 * 1000;

export const normaliseEmail = (email: string): string => email.trim().toLowerCase();

export type RefreshVerdict = "rotate" | "repeat" | "ended" | "reused";

/** What a refresh token of this hash may do to the session now. */
export function refreshVerdict(session: SessionDoc, hash: string, now: Date): RefreshVerdict {
  if (session.endedAt || session.expiresAt <= now) return "ended";
  if (hash === session.tokenHash) return "rotate";
  const inGrace = now.getTime() - session.rotatedAt.getTime() <= REFRESH_GRACE_MS;
  return hash === session.previousHash && inGrace ? "repeat" : "reused";
}

const SCOPED: readonly Role[] = ["manager", "staff", "provider"];

/** @throws RoleScopeError: managers, staff and providers belong to a building, administrators to none */
export function roleGrant(role: Role, buildingId: string | undefined): RoleGrant {
  if (role === "resident") throw new RoleScopeError("Residents are made by a verified residency, not by a grant.");
  if (SCOPED.includes(role) && !buildingId) throw new RoleScopeError(`The role ${role} needs a buildingId.`);
  if (!SCOPED.includes(role) && buildingId) throw new RoleScopeError(`The role ${role} has no building.`);
  return { role, buildingId: buildingId ?? null };
}

export const isAdminGrant = ({ role }: RoleGrant): boolean => role === "admin";
export const sameGrant = (a: RoleGrant, b: RoleGrant): boolean => a.role === b.role && a.buildingId === b.buildingId;

/** Version wins: an event that is not newer than what is known changes nothing. @returns undefined when nothing changes */
export function withResidency(known: readonly KnownResidency[], news: KnownResidency): KnownResidency[] | undefined {
  const old = known.find((residency) => residency.residencyId === news.residencyId);
  if (old && old.version >= news.version) return undefined;
  return [...known.filter((residency) => residency !== old), news];
}

export const membershipsOf = (user: Pick<UserDoc, "residencies">): Membership[] =>
  user.residencies
    .filter((residency) => residency.verified)
    .map(({ buildingId, unitId, relation }) => ({ buildingId, unitId, relation }));

export const actorOf = (user: UserDoc, sessionId: string): Actor => ({
  userId: user._id,
  sessionId,
  roles: user.roles,
  memberships: membershipsOf(user),
});

export const viewUser = (user: UserDoc) => ({
  ...viewResource(user),
  email: user.email,
  displayName: user.displayName,
  phone: user.phone,
  locale: user.locale,
  timeZone: user.timeZone,
  emailVerified: user.emailVerifiedAt !== null,
  roles: user.roles,
  memberships: membershipsOf(user),
});

export const viewSession = ({ _id, createdAt, rotatedAt, endedAt }: SessionDoc) => ({
  id: _id,
  createdAt: createdAt.toISOString(),
  lastUsedAt: rotatedAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
});
