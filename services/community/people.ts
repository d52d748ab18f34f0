/** The directory: who belongs to which building, and what they are called. Follows iam's and residency's events. Pure. */
import type { Role } from "../../mixins/kit/actor.ts";
import type { AudienceRole } from "./audience.ts";

export interface KnownResidency {
  residencyId: string;
  buildingId: string;
  unitId: string;
  /** `waiting`: claimed, not verified yet. */
  state: "waiting" | "verified" | "ended";
  version: number;
}
export interface KnownRole {
  role: Role;
  /** null: on the whole platform. */
  buildingId: string | null;
  granted: boolean;
  version: number;
}
export interface PersonDoc {
  /** The userId. */
  _id: string;
  displayName: string;
  nameVersion: number;
  deleted: boolean;
  residencies: KnownResidency[];
  roles: KnownRole[];
}
export type Directory = ReadonlyMap<string, PersonDoc>;

export const newPerson = (userId: string): PersonDoc => ({
  _id: userId,
  displayName: "",
  nameVersion: 0,
  deleted: false,
  residencies: [],
  roles: [],
});

/** What came first may be the newer: the version decides. */
export function withResidency(person: PersonDoc, news: KnownResidency): PersonDoc {
  const old = person.residencies.find(({ residencyId }) => residencyId === news.residencyId);
  if (person.deleted || (old && old.version >= news.version)) return person;
  return { ...person, residencies: [...person.residencies.filter((one) => one !== old), news] };
}

export function withRole(person: PersonDoc, news: KnownRole): PersonDoc {
  const old = person.roles.find(({ role, buildingId }) => role === news.role && buildingId === news.buildingId);
  if (person.deleted || (old && old.version >= news.version)) return person;
  return { ...person, roles: [...person.roles.filter((one) => one !== old), news] };
}

export function withName(person: PersonDoc, displayName: string, version: number): PersonDoc {
  if (person.deleted || person.nameVersion >= version) return person;
  return { ...person, displayName, nameVersion: version };
}

/** Nothing of them stays but that they have gone: what comes late is not taken. */
export const forgotten = (userId: string): PersonDoc => ({ ...newPerson(userId), deleted: true });

export const rolesOf = (person: PersonDoc, buildingId: string): Role[] =>
  person.roles
    .filter((one) => one.granted && (one.buildingId === buildingId || one.buildingId === null))
    .map(({ role }) => role);

export const unitsOf = (person: PersonDoc, buildingId: string): string[] =>
  person.residencies
    .filter((one) => one.state === "verified" && one.buildingId === buildingId)
    .map(({ unitId }) => unitId);

/** Where they live or work. */
export const buildingsWith = (person: PersonDoc): string[] =>
  [...person.residencies, ...person.roles].flatMap(({ buildingId }) =>
    buildingId !== null && isMember(person, buildingId) ? [buildingId] : [],
  );

export const isMember = (person: PersonDoc, buildingId: string): boolean =>
  !person.deleted && (unitsOf(person, buildingId).length > 0 || rolesOf(person, buildingId).length > 0);

/** Said explicitly, not only unknown: the directory may be a moment behind. */
export function hasLeft(person: PersonDoc, buildingId: string): boolean {
  if (person.deleted) return true;
  const ended =
    person.residencies.some((one) => one.buildingId === buildingId && one.state === "ended") ||
    person.roles.some((one) => one.buildingId === buildingId && !one.granted);
  return ended && !isMember(person, buildingId);
}

const SHOWN: readonly AudienceRole[] = ["staff", "manager", "provider"];

export function viewMember(person: PersonDoc, buildingId: string) {
  const held = rolesOf(person, buildingId);
  const lives = unitsOf(person, buildingId).length > 0;
  const roles = [...(lives ? (["resident"] as const) : []), ...SHOWN.filter((role) => held.includes(role))];
  return { userId: person._id, displayName: person.displayName, roles };
}

export const FORMER = "Former resident";

/** How an author is shown: nobody who has left is. */
export function viewAuthor(
  { authorId, buildingId }: { authorId: string | null; buildingId: string },
  people: Directory,
): { authorId: string | null; authorName: string } {
  const person = authorId === null ? undefined : people.get(authorId);
  if (authorId === null || (person && hasLeft(person, buildingId))) return { authorId: null, authorName: FORMER };
  return { authorId, authorName: person?.displayName ?? "" };
}
