/** The REST routes, derived from the contracts. Pure: one source for the HTTP server, OpenAPI and the authorization matrix. */
import type { ActionDef, Contract, RestDef } from "../../mixins/kit/contracts.ts";

export const API_PREFIX = "/api/v1";

export interface Route {
  /** `tickets.create` */
  readonly action: string;
  readonly service: string;
  readonly def: ActionDef;
  readonly method: RestDef["method"];
  /** Below the prefix, OpenAPI style: `/tickets/{id}`. */
  readonly path: string;
  readonly status: number;
  /** Where each field of the params schema comes from; a field is in exactly one of the three. */
  readonly inPath: readonly string[];
  readonly inQuery: readonly string[];
  readonly inBody: readonly string[];
  readonly textBody: RestDef["textBody"];
  readonly file: RestDef["file"];
  readonly page: RestDef["page"];
  readonly upload: RestDef["upload"];
  readonly download: RestDef["download"];
  /** Template of the `Location` of a created resource. */
  readonly location: string | undefined;
}

const READS_QUERY = new Set(["GET", "DELETE"]);
const PATH_PARAM = /\{(\w+)\}/g;

/** @throws Error on a mistake of the programmer: a duplicate, an internal action with a route, a field that is not in the schema */
export function routesOf(contracts: readonly Contract[]): Route[] {
  const routes: Route[] = [];
  const taken = new Map<string, string>();
  for (const contract of contracts) {
    for (const [name, def] of Object.entries(contract.actions)) {
      if (!def.rest) continue;
      const route = routeOf(contract.service, name, def, def.rest);
      const key = `${route.method} ${route.path.replace(PATH_PARAM, "{}")}`;
      const rival = taken.get(key);
      if (rival) throw new Error(`${key} is claimed by ${rival} and by ${route.action}.`);
      taken.set(key, route.action);
      routes.push(route);
    }
  }
  return routes;
}

export const pathParamsOf = (path: string): string[] =>
  [...path.matchAll(PATH_PARAM)].map((match) => match[1] as string);

function routeOf(service: string, name: string, def: ActionDef, rest: RestDef): Route {
  const action = `${service}.${name}`;
  if (def.access === "internal") throw new Error(`${action} is internal and can't have a route.`);
  const fields = Object.keys(def.params.properties);
  const inPath = pathParamsOf(rest.path);
  const stray = [...inPath, ...(rest.query ?? [])].find((field) => !fields.includes(field));
  if (stray) throw new Error(`${action}: ${stray} is in its route, but not in its params.`);
  const others = fields.filter((field) => !inPath.includes(field));
  const inQuery = READS_QUERY.has(rest.method) ? others : others.filter((field) => rest.query?.includes(field));
  const taken = new Set([rest.textBody?.field, rest.upload?.digestField]);
  const inBody = others.filter((field) => !inQuery.includes(field) && !taken.has(field));
  const { method, path, status = 200, location, textBody, file, page, upload, download } = rest;
  return {
    action,
    service,
    def,
    method,
    path,
    status,
    inPath,
    inQuery,
    inBody,
    location,
    textBody,
    file,
    page,
    upload,
    download,
  };
}

/**
 * Fills `/tickets/{id}` from a result; undefined when a field is missing. Without a template a created resource lies
 * below the collection that it was posted to.
 */
export function locationOf(
  route: Pick<Route, "location" | "path">,
  result: unknown,
  params: Readonly<Record<string, unknown>>,
): string | undefined {
  const values = { ...params, ...(typeof result === "object" && result) } as Record<string, unknown>;
  const template = route.location ?? `${route.path}/{id}`;
  if (pathParamsOf(template).some((field) => typeof values[field] !== "string")) return undefined;
  return API_PREFIX + template.replace(PATH_PARAM, (_, field: string) => encodeURIComponent(values[field] as string));
}

export interface PathGroup {
  readonly path: string;
  readonly byMethod: ReadonlyMap<string, Route>;
}

/** Routes by path, fixed words before parameters at the same place: `/users/me` before `/users/{id}`. */
export function pathGroups(routes: readonly Route[]): PathGroup[] {
  const groups = new Map<string, Map<string, Route>>();
  for (const route of routes) {
    const known = groups.get(route.path) ?? new Map<string, Route>();
    groups.set(route.path, known.set(route.method, route));
  }
  return [...groups].map(([path, byMethod]) => ({ path, byMethod })).sort((a, b) => byPrecision(a.path, b.path));
}

function byPrecision(a: string, b: string): number {
  const [as, bs] = [a.split("/"), b.split("/")];
  for (let index = 0; index < Math.min(as.length, bs.length); index++) {
    const difference = openness(as[index] ?? "") - openness(bs[index] ?? "");
    if (difference !== 0) return difference;
  }
  return as.length - bs.length || a.localeCompare(b);
}

/** A fixed word, a parameter with something fixed (`{id}.pdf`), a bare parameter. */
const openness = (segment: string): number => (!segment.includes("{") ? 0 : /^\{\w+\}$/.test(segment) ? 2 : 1);

/** OpenAPI style -> path-to-regexp 8: `{id}` -> `:id`. */
export const toPattern = (path: string): string => path.replace(PATH_PARAM, ":$1");
