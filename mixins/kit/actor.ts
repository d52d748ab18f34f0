/** Who is acting. Set by the gateway for a request, carried in `ctx.meta.actor` through every call. */
export type Role = "admin" | "manager" | "staff" | "resident" | "provider";

export interface RoleGrant {
  role: Role;
  /** null: on the whole platform. */
  buildingId: string | null;
}

export interface Membership {
  buildingId: string;
  unitId: string;
  relation: string;
}

export interface Actor {
  userId: string;
  sessionId: string;
  roles: RoleGrant[];
  /** Verified residencies. */
  memberships: Membership[];
}

export const isAdmin = (actor: Actor): boolean => actor.roles.some((grant) => grant.role === "admin");

/** Holds one of the roles for this building (or platform-wide). Admins always do. */
export const hasRole = (actor: Actor, buildingId: string, roles: readonly Role[]): boolean =>
  isAdmin(actor) ||
  actor.roles.some(
    (grant) => roles.includes(grant.role) && (grant.buildingId === null || grant.buildingId === buildingId),
  );

export const isStaffOf = (actor: Actor, buildingId: string): boolean =>
  hasRole(actor, buildingId, ["manager", "staff"]);
export const isManagerOf = (actor: Actor, buildingId: string): boolean => hasRole(actor, buildingId, ["manager"]);
export const isResidentOf = (actor: Actor, buildingId: string): boolean =>
  actor.memberships.some((membership) => membership.buildingId === buildingId);

/** Lives there or works there. */
export const belongsTo = (actor: Actor, buildingId: string): boolean =>
  isResidentOf(actor, buildingId) || hasRole(actor, buildingId, ["manager", "staff", "provider"]);

/** Buildings that the caller belongs to; administrators belong to all. */
export function buildingsOf(actor: Actor): string[] | "all" {
  if (isAdmin(actor)) return "all";
  const ids = [...actor.memberships, ...actor.roles].flatMap(({ buildingId }) => buildingId ?? []);
  return [...new Set(ids)];
}

/** Buildings that the caller is staff or manager of. */
export const staffBuildingsOf = (actor: Actor): string[] =>
  actor.roles.flatMap(({ role, buildingId }) => (role === "manager" || role === "staff" ? (buildingId ?? []) : []));

/** A filter for documents with a `buildingId` that their owner (the field is named) and the building's staff may see. */
export function visibleTo(actor: Actor, owner: string): object {
  if (isAdmin(actor)) return {};
  const own = { [owner]: actor.userId };
  const staffOf = staffBuildingsOf(actor);
  return staffOf.length === 0 ? own : { $or: [own, { buildingId: { $in: staffOf } }] };
}
