import Type from "typebox";
import { type ActionsOf, action, defineContract } from "../../mixins/kit/contracts.ts";
import { closed, Id, nullable, oneOf } from "../../mixins/kit/fields.ts";
import { pagingParams } from "../../mixins/kit/paging.ts";

export const DocumentTypeSchema = oneOf("ticket", "post", "resource", "provider", "listing");

const Hit = Type.Object({
  type: DocumentTypeSchema,
  id: Id,
  buildingId: nullable(Id),
  title: Type.String(),
  snippet: Type.String({ description: "HTML: the text escaped, matches in <mark>." }),
  status: nullable(Type.String()),
  score: Type.Number({ minimum: 0 }),
});

export const search = defineContract({
  service: "search",
  summary: "Finds what the caller may see.",
  events: {},
  consumes: [
    "post.created",
    "ticket.created",
    "provider.created",
    "service.listing_created",
    "resource.updated",
    "post.status_changed",
    "ticket.status_changed",
    "provider.verified",
    "user.deleted",
  ],
  actions: {
    query: action({
      summary: "Search by words; beginnings of words and small typing errors are found too",
      access: "user",
      params: Type.Object(
        {
          q: Type.String({ minLength: 2, maxLength: 200, pattern: "\\S" }),
          type: Type.Optional(DocumentTypeSchema),
          buildingId: Type.Optional(Id),
          ...pagingParams,
        },
        closed,
      ),
      result: Type.Object({
        items: Type.Array(Hit),
        facets: Type.Object({
          type: Type.Array(Type.Object({ value: DocumentTypeSchema, count: Type.Integer() })),
        }),
        nextCursor: nullable(Type.String()),
      }),
      rest: { method: "GET", path: "/search" },
    }),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface ActionTypes extends ActionsOf<typeof search> {}
}
