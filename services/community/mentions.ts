/** Whom a text addresses. */
import type { Db } from "mongodb";
import { MentionUnknownError } from "./errors.ts";
import type { PostDoc } from "./model.ts";
import { isMember, type PersonDoc, rolesOf, unitsOf } from "./people.ts";
import { blockedAmong, directoryOf } from "./repository.ts";

/** May this person see the post? As `canSee`, by the directory. Pure. */
export function isAddressed(
  person: PersonDoc,
  { buildingId, audience }: Pick<PostDoc, "buildingId" | "audience">,
): boolean {
  if (!isMember(person, buildingId)) return false;
  const [units, roles] = [unitsOf(person, buildingId), rolesOf(person, buildingId)];
  if (audience.type === "building" || roles.includes("manager") || roles.includes("admin")) return true;
  if (audience.type === "unit") return audience.unitIds.some((unitId) => units.includes(unitId));
  return audience.roles.some((role) => (role === "resident" ? units.length > 0 : roles.includes(role)));
}

/** @returns who is told: the author is not, nor who is not on speaking terms with them @throws MentionUnknownError */
export async function resolveMentions(
  db: Db,
  post: Pick<PostDoc, "buildingId" | "audience">,
  authorId: string,
  mentions: readonly string[],
): Promise<string[]> {
  if (mentions.length === 0) return [];
  const [people, blocked] = await Promise.all([directoryOf(db, mentions), blockedAmong(db, authorId, mentions)]);
  const stranger = mentions.findIndex((userId) => {
    const person = people.get(userId);
    return !person || !isAddressed(person, post);
  });
  if (stranger >= 0) throw new MentionUnknownError(stranger);
  return mentions.filter((userId) => userId !== authorId && !blocked.has(userId));
}
