import type { Filter } from "mongodb";
import { type Actor, buildingsOf, isManagerOf, visibleTo } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type ResultDoc, viewResult } from "../model.ts";

/** Who sees a post whatever its audience and state: managers, and its author while they belong to the building. */
function ofPosts(actor: Actor): Filter<ResultDoc> {
  const home = buildingsOf(actor);
  if (home === "all") return {};
  const managed = home.filter((buildingId) => isManagerOf(actor, buildingId));
  return { $or: [{ authorId: actor.userId, buildingId: { $in: home } }, { buildingId: { $in: managed } }] };
}

/** Nobody reads here what they could not read in the text itself; of private messages the author alone reads it. */
const readable = (actor: Actor): Filter<ResultDoc> => ({
  $or: [
    { $and: [{ "subject.type": "ticket" }, visibleTo(actor, "authorId")] },
    { $and: [{ "subject.type": { $in: ["post", "comment"] } }, ofPosts(actor)] },
    { "subject.type": "message", authorId: actor.userId },
  ],
});

export const listResults = implement("ai.listResults", ({ params, actor, reads }) => {
  const { subjectType, subjectId } = params;
  const filter: Filter<ResultDoc> = {
    ...readable(actor),
    ...(subjectType !== undefined && { "subject.type": subjectType }),
    ...(subjectId !== undefined && { "subject.id": subjectId }),
  };
  return reads.page(filter, params, viewResult);
});
