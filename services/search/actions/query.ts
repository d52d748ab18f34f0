import type { Filter } from "mongodb";
import { InvalidInputError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { DEFAULT_LIMIT, decodeCursor, encodeCursor } from "../../../mixins/kit/paging.ts";
import { allowedTo } from "../access.ts";
import { type Found, find } from "../find.ts";
import type { SearchDoc } from "../model.ts";
import { before, matchedIn, type Place, placeOf, type Ranked } from "../ranking.ts";
import type { Languages } from "../repository.ts";
import { snippetOf } from "../snippet.ts";
import { waitingOf } from "../waiting.ts";

export const query = (languages: Languages) =>
  implement("search.query", async ({ params, actor, store, call }) => {
    const { q, type, status, buildingId, cursor, limit = DEFAULT_LIMIT } = params;
    const after = cursor === undefined ? undefined : placeFrom(cursor);
    const allowed = allowedTo(actor, await waitingOf(call), buildingId);
    // The status is a filter of the query; the type is one of the facets' own, which count what else there is.
    const where: Filter<SearchDoc> = status === undefined ? {} : { status };
    const found = await find({ db: store.db, allowed, languages, where }, q);
    const wanted = found.filter(({ doc }) => type === undefined || doc.type === type);
    const rest = after ? wanted.filter((hit) => before(after, placeOf(hit)) < 0) : wanted;
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page.map(viewHit),
      facets: {
        type: countBy(found, ({ doc }) => doc.type),
        status: countBy(wanted, ({ doc }) => doc.status),
        buildingId: countBy(wanted, ({ doc }) => doc.buildingId),
      },
      nextCursor: last && rest.length > limit ? cursorAt(placeOf(last)) : null,
    };
  });

const viewHit = ({ doc, score, matches }: Ranked<Found>) => ({
  type: doc.type,
  id: doc.refId,
  buildingId: doc.buildingId,
  title: doc.title,
  snippet: snippetOf(doc.body, matchedIn(matches)),
  status: doc.status,
  score,
});

/** The commonest first. */
function countBy<V extends string>(
  found: readonly Ranked<Found>[],
  of: (hit: Ranked<Found>) => V | null,
): { value: V; count: number }[] {
  const values = found.flatMap((hit) => of(hit) ?? []);
  return [...Map.groupBy(values, (value) => value)]
    .map(([value, all]) => ({ value, count: all.length }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

const cursorAt = ({ score, at, id }: Place): string => encodeCursor(`${score}|${at}|${id}`);

/** @throws InvalidInputError */
function placeFrom(cursor: string): Place {
  const [score = "", at = "", id = ""] = decodeCursor(cursor).split("|");
  const place = { score: Number(score), at: Number(at), id };
  if (score !== "" && at !== "" && id !== "" && !Number.isNaN(place.score + place.at)) return place;
  throw new InvalidInputError("The cursor is not one of ours.", {
    errors: [{ path: "/cursor", message: "is not a cursor of this list" }],
  });
}
