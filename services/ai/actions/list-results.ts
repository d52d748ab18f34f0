import type { Filter } from "mongodb";
import { visibleTo } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type ResultDoc, viewResult } from "../model.ts";

/** The author's, and the building's staff's; of private messages the author's alone. */
export const listResults = implement("ai.listResults", ({ params, actor, reads }) => {
  const { subjectType, subjectId } = params;
  const filter: Filter<ResultDoc> = {
    $and: [visibleTo(actor, "authorId"), { $or: [{ "subject.type": { $ne: "message" } }, { authorId: actor.userId }] }],
    ...(subjectType !== undefined && { "subject.type": subjectType }),
    ...(subjectId !== undefined && { "subject.id": subjectId }),
  };
  return reads.page(filter, params, viewResult);
});
