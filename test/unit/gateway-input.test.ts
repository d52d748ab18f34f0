import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { MongoNetworkError } from "mongodb";
import Type from "typebox";
import { KeyInUseError } from "../../mixins/idempotency/command.ts";
import { type Access, action, defineContract, type RestDef } from "../../mixins/kit/contracts.ts";
import { InvalidInputError, NotFoundError, RateLimitedError } from "../../mixins/kit/errors.ts";
import { assemble } from "../../services/gateway/input.ts";
import { guardJson } from "../../services/gateway/json-guard.ts";
import { problemOf } from "../../services/gateway/problem.ts";
import { bearerOf, clientIpOf, ifMatchOf, traceparentOf } from "../../services/gateway/request.ts";
import { locationOf, pathGroups, routesOf, toPattern } from "../../services/gateway/routes.ts";

const Params = Type.Object({
  id: Type.String(),
  name: Type.String(),
  flag: Type.Optional(Type.Boolean()),
  size: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
});
const contract = (rests: Record<string, RestDef>, access: Access = "user") =>
  defineContract({
    service: "things",
    summary: "",
    events: {},
    consumes: [],
    actions: Object.fromEntries(
      Object.entries(rests).map(([name, rest]) => [
        name,
        action({ summary: "", access, params: Params, result: Type.Unknown(), rest }),
      ]),
    ),
  });

describe("routes", () => {
  it("put each field in one place", () => {
    const [get, patch] = routesOf([
      contract({
        get: { method: "GET", path: "/things/{id}" },
        patch: { method: "PATCH", path: "/things/{id}", query: ["flag"] },
      }),
    ]);
    expect(get).toMatchObject({ inPath: ["id"], inQuery: ["name", "flag", "size"], inBody: [], status: 200 });
    expect(patch).toMatchObject({ inPath: ["id"], inQuery: ["flag"], inBody: ["name", "size"] });
  });

  it.each<[string, () => unknown, string]>([
    [
      "two actions with one route",
      () =>
        routesOf([
          contract({ a: { method: "GET", path: "/things/{id}" }, b: { method: "GET", path: "/things/{name}" } }),
        ]),
      "claimed by things.a and by things.b",
    ],
    [
      "an internal action with a route",
      () => routesOf([contract({ a: { method: "GET", path: "/x" } }, "internal")]),
      "internal",
    ],
    ["a path field that is no param", () => routesOf([contract({ a: { method: "GET", path: "/x/{nope}" } })]), "nope"],
    [
      "a query field that is no param",
      () => routesOf([contract({ a: { method: "POST", path: "/x", query: ["nope"] } })]),
      "nope",
    ],
  ])("refuse %s", (_, make, message) => {
    expect(make).toThrow(message);
  });

  it("fixed words go before parameters, longer fixed parts before bare ones", () => {
    const rest = (path: string): RestDef => ({ method: "GET", path });
    const groups = pathGroups(
      routesOf([
        contract({
          a: rest("/users/{id}"),
          b: rest("/users/me"),
          c: rest("/users/{id}.pdf"),
          d: rest("/users/{id}/x"),
          e: rest("/users"),
        }),
      ]),
    );
    expect(groups.map(({ path }) => path)).toEqual([
      "/users",
      "/users/me",
      "/users/{id}.pdf",
      "/users/{id}",
      "/users/{id}/x",
    ]);
    expect(toPattern("/users/{id}.pdf")).toBe("/users/:id.pdf");
  });

  it("Location is filled from the result, else from the path, and escaped", () => {
    expect(locationOf({ path: "/units/{unitId}/codes", location: undefined }, { id: "a/b" }, { unitId: "u" })).toBe(
      "/api/v1/units/u/codes/a%2Fb",
    );
    expect(locationOf({ path: "/things", location: "/others/{otherId}" }, { otherId: "o" }, {})).toBe(
      "/api/v1/others/o",
    );
    expect(locationOf({ path: "/things", location: undefined }, {}, {})).toBeUndefined();
  });
});

describe("the input of a request", () => {
  const [route] = routesOf([contract({ patch: { method: "PATCH", path: "/things/{id}", query: ["flag", "size"] } })]);
  const read = (search: string, body?: unknown) => assemble(route as never, { path: { id: "7" }, search, body });

  it("takes texts for what the schema asks for, and leaves the rest to the schema's check", () => {
    expect(read("flag=true&size=5", { name: "x" })).toEqual({ id: "7", flag: true, size: 5, name: "x" });
    expect(read("flag=yes&size=5x")).toEqual({ id: "7", flag: "yes", size: "5x" });
    expect(read("size=1e999")).toEqual({ id: "7", size: "1e999" });
  });

  it("never lets a key through that the route does not name (any query, any body)", () => {
    const known = ["id", "flag", "size", "name"];
    fc.assert(
      fc.property(fc.webQueryParameters(), fc.dictionary(fc.string(), fc.jsonValue()), (search, body) => {
        try {
          expect(known).toEqual(expect.arrayContaining(Object.keys(read(search, body))));
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
    );
  });

  it("refuses operators, lists, doubles and prototypes in the query", () => {
    for (const search of [
      "flag[$ne]=1",
      "flag[]=1",
      "flag=true&flag=false",
      "$where=1",
      "__proto__=1",
      "a.b=1",
      "name=x",
      "id=8",
    ]) {
      expect(() => read(search)).toThrow(InvalidInputError);
    }
  });
});

/** Every key at every level. */
function keysOf(value: unknown): string[] {
  const keys: string[] = [];
  JSON.stringify(value, (key, one) => {
    keys.push(key);
    return one;
  });
  return keys;
}

describe("the guard of JSON bodies", () => {
  it("passes what JSON.parse makes of harmless bodies", () => {
    const isHarmless = (key: string): boolean =>
      !/^\$|\.|\0/.test(key) && !["__proto__", "constructor", "prototype"].includes(key);
    const harmless = fc.jsonValue({ maxDepth: 10 }).filter((value) => keysOf(value).every(isHarmless));
    fc.assert(fc.property(harmless, (value) => expect(() => guardJson(value)).not.toThrow()));
  });

  it("names each place with a JSON pointer", () => {
    const caught = (() => {
      try {
        guardJson(JSON.parse('{"a":[{"$gt":1}],"b/c":{"__proto__":1}}'));
      } catch (error) {
        return error as InvalidInputError;
      }
    })();
    expect(caught?.data.errors?.map(({ path }) => path).sort()).toEqual(["/a/0/$gt", "/b~1c/__proto__"]);
  });
});

describe("problems", () => {
  it.each<[string, unknown, number, string]>([
    ["an error for callers", new NotFoundError("The ticket"), 404, "NOT_FOUND"],
    [
      "the same from another node",
      { status: 404, code: "NOT_FOUND", message: "The ticket was not found.", data: {} },
      404,
      "NOT_FOUND",
    ],
    [
      "an error of ours that means a mistake of ours",
      { status: 500, code: "CONTRACT_VIOLATED", message: "secret", data: {} },
      500,
      "INTERNAL_ERROR",
    ],
    ["MongoDB away", new MongoNetworkError("connect 10.0.0.7"), 503, "UNAVAILABLE"],
    [
      "a time-out of a service",
      { name: "RequestTimeoutError", code: 504, retryable: true, data: { nodeID: "n" } },
      503,
      "UNAVAILABLE",
    ],
    ["nothing", undefined, 500, "INTERNAL_ERROR"],
    ["a text", "secret", 500, "INTERNAL_ERROR"],
  ])("%s", (_, error, status, code) => {
    const { problem } = problemOf(error, "request-1");
    expect([problem.status, problem.code, problem.requestId]).toEqual([status, code, "request-1"]);
    expect(JSON.stringify(problem)).not.toMatch(/secret|10\.0\.0\.7|nodeID/);
  });

  it.each([
    ["429", new RateLimitedError("slow", { retryAfter: 12.2 }), { "Retry-After": "13" }],
    ["429 that does not know", new RateLimitedError("slow"), { "Retry-After": "2" }],
    ["409 of a key in use", new KeyInUseError(), { "Retry-After": "1" }],
    ["404, for nothing would change", new NotFoundError("Thing"), {}],
  ])("when to come back: %s", (_, error, headers) => {
    expect(problemOf(error, "r").headers).toEqual(headers);
  });
});

describe("headers", () => {
  it("the client's address is the socket's; behind our proxy the last one of the list", () => {
    const forged = { "x-forwarded-for": "6.6.6.6, 192.0.2.1" };
    expect(clientIpOf("::ffff:10.0.0.1", forged, false)).toBe("10.0.0.1");
    expect(clientIpOf("10.0.0.1", forged, true)).toBe("192.0.2.1");
    expect(clientIpOf("10.0.0.1", {}, true)).toBe("10.0.0.1");
  });

  it("a bearer token, an entity tag, a trace: well-formed or nothing", () => {
    expect(bearerOf({ authorization: "Bearer a.b-c_d" })).toBe("a.b-c_d");
    expect(() => bearerOf({ authorization: "Bearer a b" })).toThrow("Bearer <access token>");
    expect(ifMatchOf({ "if-match": '"12"' })).toBe(12);
    expect(() => ifMatchOf({ "if-match": 'W/"12"' })).toThrow(InvalidInputError);
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    expect(traceparentOf({ traceparent: trace })).toBe(trace);
    expect(traceparentOf({ traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01` })).toBeUndefined();
  });
});
