/**
 * Who finds what: decided when a document is written (its shelf and its readers), and asked for inside of every query
 * from the caller's memberships of that moment. Pure.
 */
import type { Filter } from "mongodb";
import {
  type Actor,
  buildingsOf,
  hasRole,
  isAdmin,
  isManagerOf,
  isResidentOf,
  isStaffOf,
  type Role,
} from "../../mixins/kit/actor.ts";
import type { SearchDoc } from "./model.ts";

/**
 * `public`: also who waits for the verification. `building`: everybody who lives or works there. `staff`: its owner and
 * the building's staff. A list: who holds one of these keys (`unit:{id}`, `role:{role}`), its owner, the managers.
 */
export type Audience = "public" | "building" | "staff" | readonly string[];

type Shelf = "public" | "home" | "some" | "staff";
const shelf = (kind: Shelf, buildingId: string): string => `${kind}:${buildingId}`;

const SHELVES: Readonly<Record<string, Shelf>> = { public: "public", building: "home", staff: "staff" };

/** null: nobody finds it. */
export function shelfOf(audience: Audience, buildingId: string, listed: boolean): string | null {
  if (!listed) return null;
  return shelf(typeof audience === "string" ? (SHELVES[audience] as Shelf) : "some", buildingId);
}

/** Parts that are asked for one by one, each by an index of its own; together all that the caller may find. */
export interface Allowed {
  filters: readonly Filter<SearchDoc>[];
  /** Whose vocabulary widens the query. */
  vocabularies: readonly string[];
}

/** Stands for all buildings. */
export const EVERYWHERE = "*";

/** @param waiting buildings in which the caller's claim is not verified yet @param only the one building asked about */
export function allowedTo(actor: Actor, waiting: readonly string[] = [], only?: string): Allowed {
  const asked = (ids: readonly string[]): string[] => ids.filter((id) => only === undefined || id === only);
  if (isAdmin(actor)) {
    const filter = only === undefined ? { shelf: { $ne: null } } : { shelf: { $in: all(only) } };
    return { filters: [filter], vocabularies: [only ?? EVERYWHERE] };
  }
  const mine = asked(buildingsOf(actor) as string[]);
  const shelves = [
    ...asked(waiting).map((id) => shelf("public", id)),
    ...mine.flatMap((id) => [shelf("public", id), shelf("home", id)]),
    ...mine.filter((id) => isStaffOf(actor, id)).map((id) => shelf("staff", id)),
    ...mine.filter((id) => isManagerOf(actor, id)).map((id) => shelf("some", id)),
  ];
  const readers = mine
    .filter((id) => !isManagerOf(actor, id))
    .map((id) => ({ shelf: shelf("some", id), readers: { $in: readerKeysOf(actor, id) } }));
  // Tickets stay their reporter's, also after moving out.
  const own = {
    ownerId: actor.userId,
    shelf: { $ne: null },
    $or: [{ buildingId: { $in: mine } }, { type: "ticket" as const, ...(only !== undefined && { buildingId: only }) }],
  };
  const shelved = shelves.length > 0 ? [{ shelf: { $in: [...new Set(shelves)] } }] : [];
  return { filters: [...shelved, ...readers, own], vocabularies: [...new Set([...mine, ...asked(waiting)])] };
}

const all = (buildingId: string): string[] =>
  (["public", "home", "some", "staff"] as const).map((kind) => shelf(kind, buildingId));

const ROLES: readonly Role[] = ["staff", "manager", "provider"];

/** By which of their keys a caller reads in a building. */
export const readerKeysOf = (actor: Actor, buildingId: string): string[] => [
  ...(isResidentOf(actor, buildingId) ? ["role:resident"] : []),
  ...actor.memberships.filter((home) => home.buildingId === buildingId).map(({ unitId }) => `unit:${unitId}`),
  ...ROLES.filter((role) => hasRole(actor, buildingId, [role])).map((role) => `role:${role}`),
];
