import type { Filter } from "mongodb";
import { type Actor, isAdmin, staffBuildingsOf } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { DEFAULT_LIMIT, decodeCursor, encodeCursor } from "../../../mixins/kit/paging.ts";
import { type Candidate, type DocumentType, type SearchDoc, scoreOf, snippetOf } from "../model.ts";
import { findCandidates } from "../repository.ts";

export const query = implement("search.query", async ({ params, actor, store }) => {
  const { q, type, buildingId, cursor, limit = DEFAULT_LIMIT } = params;
  const found = await findCandidates(store.db, q, {
    $and: [allowedTo(actor), buildingId === undefined ? {} : { buildingId }],
  });
  const ranked = found
    .map((candidate) => ({ candidate, score: scoreOf(candidate, q) }))
    .sort((a, b) => b.score - a.score || (a.candidate._id < b.candidate._id ? 1 : -1));
  const wanted = ranked.filter(({ candidate }) => type === undefined || candidate.type === type);
  const start =
    cursor === undefined ? 0 : wanted.findIndex(({ candidate }) => candidate._id === decodeCursor(cursor)) + 1;
  const page = wanted.slice(start, start + limit);
  const last = page.at(-1);
  return {
    items: page.map(({ candidate, score }) => viewHit(candidate, score, q)),
    facets: { type: countByType(found) },
    nextCursor: last && wanted.length > start + limit ? encodeCursor(last.candidate._id) : null,
  };
});

/** The permission filter: part of the query itself, from the memberships of this moment. */
function allowedTo(actor: Actor): Filter<SearchDoc> {
  if (isAdmin(actor)) return {};
  const homes = actor.memberships.map((membership) => membership.buildingId);
  const works = staffBuildingsOf(actor);
  return {
    $or: [
      { ownerId: actor.userId },
      { buildingId: { $in: works } },
      { audience: "building", buildingId: { $in: homes } },
    ],
  };
}

const viewHit = (doc: Candidate, score: number, q: string) => ({
  type: doc.type,
  id: doc.refId,
  buildingId: doc.buildingId,
  title: doc.title,
  snippet: snippetOf(doc.body, q),
  status: doc.status,
  score,
});

function countByType(found: readonly Candidate[]): { value: DocumentType; count: number }[] {
  const counts = new Map<DocumentType, number>();
  for (const { type } of found) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
}
