/** A collection bound to a transaction's session: whoever writes through it cannot forget the session. */
import type {
  AnyBulkWriteOperation,
  BulkWriteOptions,
  ClientSession,
  Collection,
  Filter,
  FindCursor,
  FindOneAndUpdateOptions,
  FindOptions,
  OptionalUnlessRequiredId,
  UpdateFilter,
  UpdateOptions,
  WithId,
} from "mongodb";

/** Every document has a UUID v7 string (or another string key) as `_id`. */
export interface Doc {
  _id: string;
}

export class SessionCollection<T extends Doc> {
  readonly #collection: Collection<T>;
  readonly #session: ClientSession;
  readonly #isShared: boolean;
  /** @param isShared by several works; should it fail, each of them is run again in a transaction of its own */
  constructor(collection: Collection<T>, session: ClientSession, isShared = false) {
    this.#collection = collection;
    this.#session = session;
    this.#isShared = isShared;
  }

  insertOne(document: T) {
    return this.#collection.insertOne(document as OptionalUnlessRequiredId<T>, { session: this.#session });
  }
  insertMany(documents: T[], options: BulkWriteOptions = {}) {
    return this.#collection.insertMany(documents as OptionalUnlessRequiredId<T>[], {
      ...options,
      session: this.#session,
    });
  }
  /**
   * In one round trip. A document that is there stays as it is. In a shared transaction none is expected: an insert costs
   * MongoDB half of an upsert.
   * @returns those that were not there. @throws a duplicate key where the transaction is shared
   */
  async insertMissing(documents: readonly T[]): Promise<T[]> {
    if (documents.length === 0) return [];
    if (this.#isShared) {
      await this.insertMany([...documents]);
      return [...documents];
    }
    const upserts = documents.map(({ _id, ...fields }) => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true },
    }));
    const { upsertedIds } = await this.bulkWrite(upserts as unknown as AnyBulkWriteOperation<T>[]);
    return documents.filter((_, index) => index in upsertedIds);
  }
  /** Which of these ids are there? */
  async idsAmong(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const filter = { _id: { $in: [...new Set(ids)] } } as Filter<T>;
    const found = await this.find(filter, { projection: { _id: 1 } }).toArray();
    return new Set(found.map(({ _id }) => String(_id)));
  }
  /** In order, in one round trip. */
  bulkWrite(operations: AnyBulkWriteOperation<T>[]) {
    return this.#collection.bulkWrite(operations, { session: this.#session });
  }
  findOne(filter: Filter<T>, options: FindOptions = {}): Promise<WithId<T> | null> {
    return this.#collection.findOne(filter, { ...options, session: this.#session });
  }
  find(filter: Filter<T>, options: FindOptions = {}): FindCursor<WithId<T>> {
    return this.#collection.find(filter, { ...options, session: this.#session });
  }
  countDocuments(filter: Filter<T>) {
    return this.#collection.countDocuments(filter, { session: this.#session });
  }
  updateOne(filter: Filter<T>, update: UpdateFilter<T> | UpdateFilter<T>[], options: UpdateOptions = {}) {
    return this.#collection.updateOne(filter, update, { ...options, session: this.#session });
  }
  updateMany(filter: Filter<T>, update: UpdateFilter<T> | UpdateFilter<T>[], options: UpdateOptions = {}) {
    return this.#collection.updateMany(filter, update, { ...options, session: this.#session });
  }
  /** Resolves to the document after the change (unless told otherwise), or null. */
  findOneAndUpdate(
    filter: Filter<T>,
    update: UpdateFilter<T>,
    options: FindOneAndUpdateOptions = {},
  ): Promise<WithId<T> | null> {
    return this.#collection.findOneAndUpdate(filter, update, {
      returnDocument: "after",
      ...options,
      session: this.#session,
    });
  }
  deleteOne(filter: Filter<T>) {
    return this.#collection.deleteOne(filter, { session: this.#session });
  }
  deleteMany(filter: Filter<T>) {
    return this.#collection.deleteMany(filter, { session: this.#session });
  }
}
