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
  actor.roles.some((grant) => roles.includes(grant.role) && (grant.buildingId === null || grant.buildingId === buildingId));

export const isStaffOf = (actor: Actor, buildingId: string): boolean => hasRole(actor, buildingId, ["manager", "staff"]);
export const isManagerOf = (actor: Actor, buildingId: string): boolean => hasRole(actor, buildingId, ["manager"]);
export const isResidentOf = (actor: Actor, buildingId: string): boolean =>
  actor.memberships.some((membership) => membership.buildingId === buildingId);
