/** The coarse permission of an action, checked at the gateway and again in the service. Pure. */
import { type Actor, isAdmin } from "./actor.ts";
import type { Access } from "./contracts.ts";
import { ForbiddenError, UnauthenticatedError } from "./errors.ts";

/** @throws UnauthenticatedError (no actor), ForbiddenError (not allowed) */
export function checkAccess(access: Access, actor: Actor | undefined): void {
  if (access === "public" || access === "internal") return;
  if (!actor) throw new UnauthenticatedError("Log in first: this needs an access token.");
  if (!allowed(access, actor)) throw new ForbiddenError("Your role does not allow this.");
}

function allowed(access: Access, actor: Actor): boolean {
  if (access === "user" || isAdmin(actor)) return true;
  const roles: string[] = access === "staff" ? ["staff", "manager"] : access === "manager" ? ["manager"] : [];
  return actor.roles.some((grant) => roles.includes(grant.role));
}
