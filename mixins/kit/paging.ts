/** Lists by cursor: `{ items, nextCursor }`. The cursor is the last `_id` of the page, so a page costs one index read. */
import type { Collection, Document, Filter, FindOptions, Sort } from "mongodb";
import Type, { type TSchema } from "typebox";
import { MAX_TIME_MS } from "../mongo/client.ts";
import { InvalidInputError } from "./errors.ts";

export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 100;

/** Fields of every list's params. */
export const pagingParams = {
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "`nextCursor` of the page before." })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })),
};

/** Result schema of a list. */
export const pageOf = <S extends TSchema>(item: S) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) });

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface PageRequest {
  cursor?: string | undefined;
  limit?: number | undefined;
}

export const encodeCursor = (lastId: string): string => Buffer.from(lastId).toString("base64url");

/** @throws InvalidInputError for anything that `encodeCursor` has not made */
export function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, "base64url").toString();
  if (id === "" || encodeCursor(id) !== cursor) {
    throw new InvalidInputError("The cursor is not one of ours.", {
      errors: [{ path: "/cursor", message: "is not a cursor of this list" }],
    });
  }
  return id;
}

/** Pure: `rows` holds one more than the limit when there is a next page. */
export function toPage<D extends { _id: string }, T>(
  rows: readonly D[],
  limit: number,
  view: (row: D) => T,
  key = "_id",
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1) as Record<string, string> | undefined;
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(view), nextCursor: more ? encodeCursor(last[key] as string) : null };
}

export interface FindPageOptions extends Pick<FindOptions, "projection"> {
  /** Newest first (default), by `_id`; ids are UUID v7 and sort by time of making. */
  order?: "newest" | "oldest";
  /** A field of unique ids to go by instead. */
  key?: string;
}

/** One page of a collection, in the order of its key. */
export async function findPage<D extends Document & { _id: string }, T>(
  collection: Pick<Collection<D>, "find">,
  filter: Filter<D>,
  request: PageRequest,
  view: (row: D) => T,
  { order = "newest", key = "_id", ...options }: FindPageOptions = {},
): Promise<Page<T>> {
  const limit = request.limit ?? DEFAULT_LIMIT;
  const past =
    request.cursor === undefined
      ? {}
      : { [key]: { [order === "newest" ? "$lt" : "$gt"]: decodeCursor(request.cursor) } };
  const sort: Sort = { [key]: order === "newest" ? -1 : 1 };
  const rows = await collection
    .find({ $and: [filter, past] } as Filter<D>, { ...options, sort, limit: limit + 1, maxTimeMS: MAX_TIME_MS })
    .toArray();
  return toPage(rows as unknown as D[], limit, view, key);
}
