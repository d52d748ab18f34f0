/** moleculer-db serves a domain's reads. Its actions stay off: writes go through a repository, in a transaction. */
import type { Service, ServiceSchema } from "moleculer";
import DbService from "moleculer-db";
import type { Collection } from "mongodb";
import type { Reads } from "../kit/implement.ts";
import { findPage } from "../kit/paging.ts";
import { MongoAdapter } from "./db-adapter.ts";

const ACTIONS = ["find", "count", "list", "create", "insert", "get", "update", "remove"];

export function readsMixin(collection: string): Partial<ServiceSchema> {
  return {
    mixins: [DbService as object as Partial<ServiceSchema>],
    actions: Object.fromEntries(ACTIONS.map((name) => [name, false as const])),
    collection,
    // One per service: Moleculer copies schemas deeply, so it is made when the service is.
    created(this: Service & { adapter: MongoAdapter }) {
      this.adapter = new MongoAdapter();
      this.adapter.init(this.broker, this);
    },
  } as object as Partial<ServiceSchema>;
}

/** @throws Error, from its functions, when the service names no collection */
export function readsOf(service: Service): Reads {
  const adapter = (): MongoAdapter => {
    const found = (service as Service & { adapter?: unknown }).adapter;
    if (found instanceof MongoAdapter) return found;
    throw new Error(`${service.name} names no collection to read (domainMixin).`);
  };
  return {
    byId: (id) => adapter().findById(id),
    page: (filter, request, view) => {
      const own = adapter();
      const collection = { find: own.page.bind(own) } as never as Pick<Collection<never>, "find">;
      return findPage(collection, filter, request, view as never);
    },
  };
}
