import type { Filter } from "mongodb";
import { visibleTo } from "../../../mixins/kit/actor.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type ResultDoc, viewResult } from "../model.ts";

export const listResults = implement("ai.listResults", ({ params, actor, reads }) => {
  const { subjectType, subjectId } = params;
  const filter: Filter<ResultDoc> = {
    ...visibleTo(actor, "authorId"),
    ...(subjectType !== undefined && { "subject.type": subjectType }),
    ...(subjectId !== undefined && { "subject.id": subjectId }),
  };
  return reads.page(filter, params, viewResult);
});
