/**
 * moleculer-db's Mongo adapter on driver 7 and on the process's one client. Replaced are the calls that the driver
 * dropped since 3.6: `ops`, `ObjectID`, `returnOriginal`, `db.on`. Ids are UUID strings and stay as they are.
 */
import type { Service, ServiceBroker } from "moleculer";
import BaseAdapter from "moleculer-db-adapter-mongo";
import type { Collection, Document, Filter, FindOptions, UpdateFilter } from "mongodb";
import { newId } from "../kit/ids.ts";
import { MAX_TIME_MS } from "./client.ts";
import type { Doc } from "./session-collection.ts";

type Stored = Doc & Document;
const OPTIONS = { maxTimeMS: MAX_TIME_MS };

export class MongoAdapter extends BaseAdapter {
  constructor() {
    // Never used: connect() is replaced.
    super("");
  }

  override init(broker: ServiceBroker, service: Service): void {
    super.init(broker, service);
    const name = (service.schema as unknown as { collection: string }).collection;
    this.collection = broker.backbone.database(service.name).collection(name) as never;
  }

  /** The backbone's client is connected before any service starts, and closed after the last one stopped. */
  override async connect(): Promise<void> {}
  override async disconnect(): Promise<void> {}

  get #stored(): Collection<Stored> {
    return this.collection as unknown as Collection<Stored>;
  }

  override findOne<Q extends object>(query: Q) {
    return this.#stored.findOne(query as Filter<Stored>, OPTIONS) as Promise<never>;
  }

  override findById(id: string | number) {
    return this.#stored.findOne({ _id: String(id) }, OPTIONS) as Promise<never>;
  }

  override findByIds(ids: (string | number)[]) {
    return this.#stored.find({ _id: { $in: ids.map(String) } }, OPTIONS).toArray() as Promise<never>;
  }

  override async insert(entity: object) {
    const document = { _id: newId(), ...entity };
    await this.#stored.insertOne(document);
    return document as never;
  }

  override async insertMany(entities: object[]) {
    const documents = entities.map((entity) => ({ _id: newId(), ...entity }));
    await this.#stored.insertMany(documents);
    return documents as never;
  }

  override updateById(id: string | number, update: object) {
    return this.#stored.findOneAndUpdate({ _id: String(id) }, update as UpdateFilter<Stored>, {
      returnDocument: "after",
      ...OPTIONS,
    }) as Promise<never>;
  }

  override removeById(id: string | number) {
    return this.#stored.findOneAndDelete({ _id: String(id) }, OPTIONS) as Promise<never>;
  }

  /** Every query has a deadline; the base class decides the rest (query, sort, offset, limit, text search). */
  override createCursor(params: object | undefined, isCounting = false): unknown {
    // biome-ignore lint/suspicious/noExplicitAny: missing in the adapter's types
    const cursor = (BaseAdapter.prototype as any).createCursor.call(this, params, isCounting);
    return isCounting ? cursor : cursor.maxTimeMS(MAX_TIME_MS);
  }

  /** For `findPage`. */
  page(filter: Filter<Stored>, options: FindOptions) {
    return this.#stored.find(filter, { ...OPTIONS, ...options });
  }

  /** Ids are strings of our own. */
  stringToObjectID<T>(id: T): T {
    return id;
  }
}
