/**
 * Path, query and body of a request -> the params of its action. Pure. Each field has one place: the query never
 * reaches a body field, the body never a path field. Texts from path and query become what the schema asks for.
 */
import type { TSchema } from "typebox";
import { type FieldError, InvalidInputError } from "../../mixins/kit/errors.ts";
import { keyFault } from "./json-guard.ts";
import type { Route } from "./routes.ts";

export interface RawInput {
  path: Readonly<Record<string, string>>;
  /** Without the question mark. */
  search: string;
  body: unknown;
}

type Params = Record<string, unknown>;
type Placed = Pick<Route, "def" | "inPath" | "inQuery" | "inBody">;

/** @throws InvalidInputError naming every unknown, doubled or nested field */
export function assemble(route: Placed, { path, search, body }: RawInput): Params {
  const { properties } = route.def.params;
  const errors: FieldError[] = [];
  const params: Params = {};
  for (const name of route.inPath) params[name] = convert(properties[name], path[name] ?? "");
  addQuery(params, route, search, errors);
  addBody(params, route, body, errors);
  const [first] = errors;
  if (first) throw new InvalidInputError(`The input is not valid: ${first.path} ${first.message}.`, { errors });
  return params;
}

function addQuery(params: Params, route: Placed, search: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [key, text] of new URLSearchParams(search)) {
    const fault = queryFault(key, route.inQuery, seen);
    seen.add(key);
    if (fault) errors.push({ path: `/${key.slice(0, 100)}`, message: fault });
    else params[key] = convert(route.def.params.properties[key], text);
  }
}

function queryFault(key: string, known: readonly string[], seen: ReadonlySet<string>): string | undefined {
  if (/[[\]]/.test(key)) return "must be a single value: lists and objects have no place in the query";
  const fault = keyFault(key);
  if (fault) return fault;
  if (!known.includes(key)) return "is not a known query parameter";
  return seen.has(key) ? "is given more than once" : undefined;
}

function addBody(params: Params, { inBody }: Placed, body: unknown, errors: FieldError[]): void {
  if (body === undefined) return;
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    errors.push({ path: "/", message: "must be a JSON object" });
    return;
  }
  for (const [key, value] of Object.entries(body)) {
    if (inBody.includes(key)) params[key] = value;
    else errors.push({ path: `/${key.slice(0, 100)}`, message: "is not a known field of the body" });
  }
}

const NUMBER = /^-?\d{1,16}(\.\d{1,16})?$/;

/** A text from the URL as number, boolean, list or null where the schema asks for that; else the text as it is. */
function convert(schema: TSchema | undefined, text: string): unknown {
  const types = schema ? typesOf(schema) : new Set<string>();
  if (types.has("string")) return text;
  if ((types.has("integer") || types.has("number")) && NUMBER.test(text)) return Number(text);
  if (types.has("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.has("array")) return text.split(",").map((part) => convert((schema as { items?: TSchema }).items, part));
  return text;
}

function typesOf(schema: TSchema): Set<string> {
  const { type, const: literal, anyOf } = schema as { type?: string; const?: unknown; anyOf?: TSchema[] };
  if (anyOf) return new Set(anyOf.flatMap((one) => [...typesOf(one)]));
  if (type) return new Set([type]);
  return new Set(literal === undefined ? [] : [typeof literal]);
}
