/**
 * Contracts: what a domain shows to the others. Its events (with versions and upcasters), what it consumes, and its
 * actions with their REST face. One schema gives the TypeScript type, the run-time check, OpenAPI and AsyncAPI.
 *
 * Glossary: see docs/glossary.md.
 */
import type { Static, TObject, TSchema } from "typebox";
import type { StateMachine } from "./states.ts";

/** Registry filled by declaration merging in every `services/<domain>/contract.ts`: event name -> owner and payload. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface EventTypes {}
/** Registry filled by declaration merging: `<service>.<action>` -> params and result. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface ActionTypes {}

export type EventName = Extract<keyof EventTypes, string>;
export type ActionName = Extract<keyof ActionTypes, string>;
export type PayloadOf<K extends EventName> = EventTypes[K] extends { payload: infer P } ? P : never;
export type ParamsOf<K extends ActionName> = ActionTypes[K] extends { params: infer P } ? P : never;
export type ResultOf<K extends ActionName> = ActionTypes[K] extends { result: infer R } ? R : never;
/** Names of the events that service `O` owns: the only ones that it may publish. */
export type OwnEvent<O extends string> = {
  [K in EventName]: EventTypes[K] extends { owner: O } ? K : never;
}[EventName];

/** `v1`, `v2`, ... as in the envelope. */
export type Version = `v${number}`;

export interface EventVersion {
  readonly schema: TSchema;
  /** Turns a payload of this version into one of the next; absent on the current version. */
  readonly upcast?: (payload: never) => unknown;
}

/** A person's own data in a payload: what is left of it once they have deleted their account. */
export interface Personal {
  /** Field of the payload that names the person. */
  readonly of: string;
  /** What such fields become; the payload keeps to its schema. */
  readonly blank: Readonly<Record<string, unknown>>;
}
export interface EventOptions<P> {
  personal?: { of: Extract<keyof P, string>; blank: Partial<P> };
  /** A person has gone, whom this field names: every service that hears of it erases what it keeps (mixins/privacy). */
  erases?: Extract<keyof P, string>;
}

export interface EventDef<P = unknown> {
  readonly current: Version;
  readonly versions: Readonly<Record<Version, EventVersion>>;
  readonly personal?: Personal;
  readonly erases?: string;
  /** Phantom: carries the payload type of the current version. Never read. */
  readonly payload?: P;
}

/** An event that so far has one version, `v1`. */
export function event<S extends TObject>(schema: S, options: EventOptions<Static<S>> = {}): EventDef<Static<S>> {
  return { current: "v1", versions: { v1: { schema } }, ...options };
}

/** An older version kept readable: `upcast` gives the payload of the version that follows it. */
export function olderVersion<S extends TObject>(schema: S, upcast: (payload: Static<S>) => unknown): EventVersion {
  return { schema, upcast: upcast as (payload: never) => unknown };
}

/**
 * An event with history. `older` lists v1, v2, ... in order; `schema` is the newest.
 * @example versionedEvent([olderVersion(V1, (p) => ({ ...p, dueAt: null }))], V2)
 */
export function versionedEvent<S extends TObject>(
  older: readonly EventVersion[],
  schema: S,
  options: EventOptions<Static<S>> = {},
): EventDef<Static<S>> {
  const all: EventVersion[] = [...older, { schema }];
  const versions = Object.fromEntries(all.map((version, index) => [`v${index + 1}`, version]));
  return { current: `v${all.length}`, versions: versions as Record<Version, EventVersion>, ...options };
}

/** The last two: what a form of a page, and a mail program for a one-click unsubscription (RFC 8058), sends. */
export type TextType = "text/csv" | "application/x-www-form-urlencoded" | "multipart/form-data";

/** Where a REST route takes its parameters from: the path, the query (GET and DELETE, or as listed), else the body. */
export interface RestDef {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/v1`, OpenAPI style: `/tickets/{id}/assign`. */
  readonly path: string;
  /** Status of success; default 200 (GET, PUT, PATCH, commands); 201 adds `Location`, 204 sends no body. */
  readonly status?: 200 | 201 | 202 | 204;
  /** Params that a POST, PUT, PATCH reads from the query rather than the body. */
  readonly query?: readonly string[];
  /** A body of these media types, besides JSON, is taken as text into one field of the params. */
  readonly textBody?: { readonly types: readonly TextType[]; readonly field: string; readonly maxBytes: number };
  /** One field of the result is sent as an HTML page, instead of JSON. It escapes what people have written. */
  readonly page?: { readonly field: string };
  /** One field of the result is sent as a file of this media type, instead of JSON. */
  readonly file?: { readonly type: "text/csv" | "text/calendar"; readonly field: string; readonly name: string };
  /** The body is a file of any type, handed over as a stream; its SHA-256 (hex) goes into one field of the params. */
  readonly upload?: { readonly maxBytes: number; readonly digestField: string };
  /** Requests a minute of one account (or address, where nobody is known), beside the general limits. */
  readonly perMinute?: number;
  /** The result is a stream, sent as the file that the action has described (`sendFile`). */
  readonly download?: true;
  /** Statuses of problems beyond those that every route of its kind may answer with: documented, nothing else. */
  readonly problems?: readonly number[];
  /** Path of a created resource, e.g. `/tickets/{id}`, filled from the result. Goes into `Location`. */
  readonly location?: string;
}

/**
 * Who may call an action, checked at the gateway and again in the service.
 * `public`: nobody needs to be known. `user`: a signed-in account. `staff`: staff or manager of some building, or admin.
 * `manager`: manager of some building, or admin. `admin`: platform administrator. `internal`: other services only
 * (never routed). Finer rules (which building, whose ticket) are the domain's own, in its `model.ts`.
 */
export type Access = "public" | "user" | "staff" | "manager" | "admin" | "internal";

export interface ActionDef<P = unknown, R = unknown> {
  readonly summary: string;
  readonly access: Access;
  readonly params: TObject;
  readonly result: TSchema;
  readonly rest?: RestDef;
  /** Phantom types; never read. */
  readonly types?: { params: P; result: R };
}

export function action<P extends TObject, R extends TSchema>(def: {
  summary: string;
  access: Access;
  params: P;
  result: R;
  rest?: RestDef;
}): ActionDef<Static<P>, Static<R>> {
  return def;
}

export interface Contract<
  S extends string = string,
  E extends Record<string, EventDef> = Record<string, EventDef>,
  A extends Record<string, ActionDef> = Record<string, ActionDef>,
> {
  readonly service: S;
  readonly summary: string;
  readonly events: E;
  /** Binding patterns of `{service}.q` on `app.events`; empty: the service has no queue. */
  readonly consumes: readonly string[];
  readonly actions: A;
  /** State machines of what it keeps, by name: drawn in `docs/domains`. */
  readonly states?: Readonly<Record<string, StateMachine>>;
}

export function defineContract<
  const S extends string,
  E extends Record<string, EventDef>,
  A extends Record<string, ActionDef>,
>(contract: Contract<S, E, A>): Contract<S, E, A> {
  return contract;
}

/** For `interface EventTypes extends EventsOf<typeof tickets> {}`. */
export type EventsOf<C extends Contract> = {
  [K in keyof C["events"]]: {
    owner: C["service"];
    payload: C["events"][K] extends EventDef<infer P> ? P : never;
  };
};

/** For `interface ActionTypes extends ActionsOf<typeof tickets> {}`. */
export type ActionsOf<C extends Contract> = {
  [K in Extract<keyof C["actions"], string> as `${C["service"]}.${K}`]: C["actions"][K] extends ActionDef<
    infer P,
    infer R
  >
    ? { params: P; result: R }
    : never;
};
