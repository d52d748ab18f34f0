/** Who a post is for, and who sees it: asked of one post, and as a filter of many. Both say the same. Pure. */
import type { Filter } from "mongodb";
import {
  type Actor,
  buildingsOf,
  hasRole,
  isAdmin,
  isManagerOf,
  isResidentOf,
  type Role,
} from "../../mixins/kit/actor.ts";
import { AudienceNotForKindError, AudienceUnnamedError, PublicNotForAllError } from "./errors.ts";
import type { PostDoc, PostKind } from "./model.ts";

export type AudienceRole = Exclude<Role, "admin">;
export interface Audience {
  type: "building" | "unit" | "role";
  unitIds: string[];
  roles: AudienceRole[];
}
export type AskedAudience = { type: Audience["type"]; unitIds?: string[]; roles?: AudienceRole[] };

/** @throws AudienceUnnamedError, AudienceNotForKindError (an emergency is everybody's) */
export function audienceOf(asked: AskedAudience | undefined, kind: PostKind): Audience {
  const { type, unitIds = [], roles = [] } = asked ?? { type: "building" };
  if (kind === "emergency" && type !== "building") throw new AudienceNotForKindError();
  if (type === "unit" && unitIds.length === 0) throw new AudienceUnnamedError("unitIds");
  if (type === "role" && roles.length === 0) throw new AudienceUnnamedError("roles");
  return { type, unitIds: type === "unit" ? unitIds : [], roles: type === "role" ? roles : [] };
}

/** Emergencies are public unless told otherwise. @throws PublicNotForAllError */
export function isPublic(asked: boolean | undefined, kind: PostKind, audience: Audience): boolean {
  const wanted = asked ?? kind === "emergency";
  if (wanted && (kind === "post" || audience.type !== "building")) throw new PublicNotForAllError();
  return wanted;
}

const AUDIENCE_ROLES: readonly AudienceRole[] = ["staff", "manager", "provider"];
const rolesIn = (actor: Actor, buildingId: string): AudienceRole[] => [
  ...(isResidentOf(actor, buildingId) ? (["resident"] as const) : []),
  ...AUDIENCE_ROLES.filter((role) => hasRole(actor, buildingId, [role])),
];
const unitsOf = (actor: Actor): string[] => actor.memberships.map(({ unitId }) => unitId);

/** Somebody whose building it is, or, in `waiting`, is not yet: who waits there for the verification. */
export interface Viewer {
  actor: Actor;
  waiting: readonly string[];
}

type Seen = Pick<PostDoc, "authorId" | "buildingId" | "audience" | "public" | "status">;

/** Managers see all; authors their own, also hidden; others what is visible and meant for them. */
export function canSee({ actor, waiting }: Viewer, post: Seen): boolean {
  const { buildingId, audience, status } = post;
  if (isManagerOf(actor, buildingId)) return true;
  const roles = rolesIn(actor, buildingId);
  if (roles.length > 0 && post.authorId === actor.userId) return true;
  if (status === "hidden") return false;
  if (post.public && waiting.includes(buildingId)) return true;
  if (audience.type === "building") return roles.length > 0;
  if (audience.type === "unit") return audience.unitIds.some((unitId) => unitsOf(actor).includes(unitId));
  return audience.roles.some((role) => roles.includes(role));
}

/** The same for the feed, which leaves out what was removed. */
export function feedFilter({ actor, waiting }: Viewer): Filter<PostDoc> {
  const there = { status: { $in: ["visible" as const, "hidden" as const] } };
  const mine = buildingsOf(actor);
  if (isAdmin(actor) || mine === "all") return there;
  const visible = { status: "visible" as const };
  const managed = mine.filter((buildingId) => isManagerOf(actor, buildingId));
  return {
    buildingId: { $in: [...mine, ...waiting] },
    $or: [
      { ...there, buildingId: { $in: managed } },
      { ...there, buildingId: { $in: mine }, authorId: actor.userId },
      { ...visible, buildingId: { $in: mine }, "audience.type": "building" },
      { ...visible, "audience.unitIds": { $in: unitsOf(actor) } },
      ...mine.map((buildingId) => ({
        ...visible,
        buildingId,
        "audience.roles": { $in: rolesIn(actor, buildingId) },
      })),
      { ...visible, buildingId: { $in: [...waiting] }, public: true },
    ],
  };
}
