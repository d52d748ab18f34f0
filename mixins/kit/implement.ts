/** One action's code, typed by its contract: `export const create = implement("tickets.create", async ({ params, store }) => ...)`. */
import type { Readable } from "node:stream";
import type { Db } from "mongodb";
import type { Tx } from "../outbox/transaction.ts";
import type { Actor } from "./actor.ts";
import type { ActionName, ParamsOf, ResultOf } from "./contracts.ts";
import type { Page, PageRequest } from "./paging.ts";
import type { Registry } from "./registry.ts";

/** The service that owns an action: `tickets` of `tickets.create`. */
export type ServiceOf<K extends string> = K extends `${infer S}.${string}` ? S : never;

/** Asks another service a question. Throws UnavailableError when its service is away. */
export type Call = <K extends ActionName>(action: K, params: ParamsOf<K>) => Promise<ResultOf<K>>;

export interface Logger {
  debug(message: string, ...data: unknown[]): void;
  info(message: string, ...data: unknown[]): void;
  warn(message: string, ...data: unknown[]): void;
  error(message: string, ...data: unknown[]): void;
}

/** Reads of the domain's main collection, by moleculer-db. Outside transactions: what is committed by a majority. */
export interface Reads {
  byId<D>(id: string): Promise<D | null>;
  page<D extends { _id: string }, V>(filter: object, request: PageRequest, view: (doc: D) => V): Promise<Page<V>>;
}

export interface GroupOptions {
  /** Works with the same one run one after the other within a process, and share a commit when many wait. */
  group?: string;
  /** Nobody waits for them: the first of a group waits so long for others, milliseconds, and takes its turn. */
  lingerMs?: number;
}

/** A service's own database: reads at will, writes in transactions. */
export interface Store<O extends string> {
  readonly db: Db;
  /**
   * May run `work` several times: no effect outside MongoDB in it. A group is for small ones, above all where all write
   * one document.
   */
  inTransaction<R>(work: (tx: Tx<O>) => Promise<R>, options?: GroupOptions): Promise<R>;
}

/** For work that nobody waits for. */
export interface BackgroundStore<O extends string> extends Store<O> {
  /** As `inTransaction`, for items that are written together: `all` gets those of the group that share a transaction. */
  inSharedTransaction<I>(
    item: I,
    all: (members: readonly Member<O, I>[]) => Promise<void>,
    options: Required<GroupOptions>,
  ): Promise<void>;
}

/** One of those that share a transaction; its facts go by its own `tx`. */
export interface Member<O extends string, I> {
  readonly tx: Tx<O>;
  readonly item: I;
}

export interface FileInfo {
  name: string;
  /** Media type. */
  type: string;
  bytes: number;
}

export interface ActionContext<K extends ActionName> {
  readonly params: ParamsOf<K>;
  /** The caller. Throws UnauthenticatedError where nobody is known (public and internal actions). */
  readonly actor: Actor;
  readonly actorOrNull: Actor | null;
  readonly now: Date;
  /** Version named by `If-Match`, when the client sent one. */
  readonly ifMatch: number | undefined;
  readonly correlationId: string;
  /** Address of the client as the gateway sees it; empty for internal calls. */
  readonly clientIp: string;
  readonly store: Store<ServiceOf<K>>;
  /** The uploaded file, of a route that takes one; else null. */
  readonly upload: Readable | null;
  /** Describes the stream that the action returns. */
  readonly sendFile: (info: FileInfo) => void;
  /** Throws when the domain named no collection for it. */
  readonly reads: Reads;
  /** All contracts of this cluster: who owns which event, who consumes. */
  readonly registry: Registry;
  readonly call: Call;
  readonly logger: Logger;
}

export interface ActionImplementation<K extends ActionName = ActionName> {
  readonly name: K;
  readonly run: (context: ActionContext<K>) => Promise<ResultOf<K>>;
}

/** An implementation whose action is known by name only at run time. */
export interface AnyImplementation {
  readonly name: string;
  readonly run: (context: never) => Promise<unknown>;
}

export function implement<K extends ActionName>(
  name: K,
  run: (context: ActionContext<K>) => Promise<ResultOf<K>>,
): ActionImplementation<K> {
  return { name, run };
}
