import DataLoader from "dataloader";
import type { Collection, Filter, WithId } from "mongodb";
import type { Doc } from "./session-collection.ts";

/** Reads by `_id`: what is asked for in one turn of the event loop is one query. Nothing is kept. */
export function byId<T extends Doc>(collection: Collection<T>): (id: string) => Promise<WithId<T> | null> {
  const read = async (ids: readonly string[]): Promise<(WithId<T> | null)[]> => {
    const found = await collection.find({ _id: { $in: ids } } as Filter<T>).toArray();
    const docs = new Map(found.map((doc) => [doc._id as string, doc]));
    return ids.map((id) => docs.get(id) ?? null);
  };
  const loader = new DataLoader(read, { cache: false });
  return (id) => loader.load(id);
}
