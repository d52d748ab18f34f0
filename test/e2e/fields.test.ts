/** Every field of every route, wrong in every way that its schema knows: generated from the route table. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { TSchema } from "typebox";
import { newId } from "../../mixins/kit/ids.ts";
import { contracts } from "../../services/contracts.ts";
import { type Route, routesOf } from "../../services/gateway/routes.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { type Answer, type Person, PNG, type Rest, startProduct } from "../support/product.ts";

interface Field {
  type?: string;
  anyOf?: Field[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  items?: Field;
}
interface Case {
  route: Route;
  name: string;
  /** Of the field that is wrong. */
  field: string;
  body?: object;
  query?: string;
}

const routes = routesOf(contracts);
const choices = (field: Field): Field[] => field.anyOf ?? [field];
const isNullable = (field: Field): boolean => choices(field).some(({ type }) => type === "null");
const isAnything = (field: Field): boolean => choices(field).some(({ type, enum: words }) => !type && !words);
const main = (field: Field): Field => choices(field).find(({ type }) => type !== "null") ?? field;

/** Values that the schema has to refuse, by what is wrong with them. */
function wrongValues(schema: Field): Record<string, unknown> {
  if (isAnything(schema)) return {};
  const { type, enum: words, maxLength, minLength, minimum, maximum, maxItems, format, pattern } = main(schema);
  const isText = type === "string" || words !== undefined;
  return {
    ...(!isNullable(schema) && { null: null }),
    "of another type": isText ? 12_345 : "nonsense",
    ...(type !== "object" && { "an operator": { $gt: "" } }),
    ...(type !== "array" && { "a list": [] }),
    ...(words && { "another word": "nonsense" }),
    ...(format && { [`no ${format}`]: "nonsense" }),
    ...(pattern && !format && { "against its pattern": "\u0000" }),
    ...(minLength && { empty: "" }),
    ...(maxLength !== undefined && { "too long": "x".repeat(maxLength + 1) }),
    ...(minimum !== undefined && { "too small": minimum - 1 }),
    ...(maximum !== undefined && { "too large": maximum + 1 }),
    ...(type === "integer" && { "a fraction": 1.5 }),
    ...(maxItems !== undefined && { "too many": Array(maxItems + 1).fill("x") }),
  };
}

function bodyCases(route: Route): Case[] {
  const { properties, required = [] } = route.def.params as TSchema & {
    properties: Record<string, Field>;
    required?: string[];
  };
  const missing = route.inBody
    .filter((field) => required.includes(field))
    .map((field) => ({ route, name: `${field} missing`, field, body: {} }));
  const wrong = route.inBody.flatMap((field) =>
    Object.entries(wrongValues(properties[field] as Field)).map(([name, value]) => ({
      route,
      name: `${field}: ${name}`,
      field,
      body: { [field]: value },
    })),
  );
  const unknown = { route, name: "an unknown field", field: "isAdmin", body: { isAdmin: true } };
  return [...missing, ...wrong, ...(route.upload ? [] : [unknown])];
}

function queryCases(route: Route): Case[] {
  const { properties } = route.def.params as TSchema & { properties: Record<string, Field> };
  const wrong = route.inQuery.flatMap((field) => {
    const texts = Object.entries(wrongValues(properties[field] as Field)).filter(
      ([name, value]) => typeof value === "string" || (typeof value === "number" && name !== "of another type"),
    );
    const cases = texts.map(([name, value]) => ({ name, query: `${field}=${encodeURIComponent(String(value))}` }));
    const twice = { name: "twice", query: `${field}=1&${field}=2` };
    const operator = { name: "an operator", query: `${field}[$ne]=1` };
    return [...cases, twice, operator].map((one) => ({
      route,
      field: one.name === "an operator" ? `${field}[$ne]` : field,
      name: `?${field}: ${one.name}`,
      query: one.query,
    }));
  });
  return [...wrong, { route, name: "an unknown query parameter", field: "isAdmin", query: "isAdmin=true" }];
}

const takesBody = ({ method, upload }: Route): boolean => method !== "GET" && method !== "DELETE" && !upload;
const cases = routes.flatMap((route) => [...(takesBody(route) ? bodyCases(route) : []), ...queryCases(route)]);

describe("every field of every route", () => {
  let world: World;
  let rest: Rest;
  let admin: Person;
  beforeAll(async () => {
    world = await createWorld();
    ({ rest } = await startProduct(world));
    admin = await rest.admin();
  });
  afterAll(() => world.dispose());

  /** A path whose parameters are well-formed. */
  const pathOf = ({ path, def }: Route): string =>
    path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const { enum: words, format } = main((def.params.properties as Record<string, Field>)[name] as Field);
      return format === "uuid" ? newId() : words ? String(words[0]) : "tickets:1";
    });
  const send = ({ route, body, query }: Case): Promise<Answer> =>
    rest.as(admin).call(route.method, pathOf(route) + (query ? `?${query}` : ""), contentOf(route, body));
  const contentOf = (route: Route, body: object | undefined) =>
    route.upload ? PNG : takesBody(route) ? (body ?? {}) : undefined;

  it("is tried in hundreds of ways", () => {
    expect(cases.length).toBeGreaterThan(500);
    const tried = new Set(cases.map(({ route }) => route.action));
    expect(routes.filter(({ action }) => !tried.has(action))).toEqual([]);
  });

  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", async (_, route) => {
    for (const one of cases.filter((each) => each.route === route)) {
      const { status, body } = await send(one);
      const named = (body?.errors ?? []).some(
        ({ path }: { path: string }) => path === `/${one.field}` || path.startsWith(`/${one.field}/`),
      );
      expect([one.name, status, body?.code, named]).toEqual([one.name, 422, "INVALID_INPUT", true]);
    }
  });
});
