import type { Filter } from "mongodb";
import { implement } from "../../../mixins/kit/implement.ts";
import { findPage } from "../../../mixins/kit/paging.ts";
import { type PersonDoc, viewMember } from "../people.ts";
import { placeOf } from "../place.ts";
import { people } from "../repository.ts";

export const listMembers = implement("community.listMembers", ({ params, actor, store }) => {
  const { q, ...request } = params;
  const buildingId = placeOf(actor, params.buildingId);
  const filter: Filter<PersonDoc> = {
    deleted: false,
    $or: [
      { residencies: { $elemMatch: { buildingId, state: "verified" } } },
      { roles: { $elemMatch: { buildingId, granted: true } } },
    ],
    ...(q !== undefined && { displayName: { $regex: `(^|\\s)${escapeRegExp(q.trim())}`, $options: "i" } }),
  };
  return findPage(people(store.db), filter, request, (person) => viewMember(person, buildingId));
});

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
