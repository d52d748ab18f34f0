import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "@jest/globals";
import { Validator } from "@seriousme/openapi-schema-validator";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { defineContract, event, olderVersion, versionedEvent } from "../../mixins/kit/contracts.ts";
import { contracts } from "../../services/contracts.ts";
import { asyncApi } from "../../services/gateway/asyncapi.ts";
import { eventsPage } from "../../services/gateway/events-page.ts";
import type { JsonObject } from "../../services/gateway/json-schema.ts";
import { openApi } from "../../services/gateway/openapi.ts";
import { API_PREFIX, routesOf } from "../../services/gateway/routes.ts";
import { things } from "../support/gateway-domain.ts";

const saved = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8"));
const isOpenApi = async (document: JsonObject) =>
  (await new Validator().validate(structuredClone(document))) as { valid: boolean; errors?: unknown };

const publisher = defineContract({
  service: "tickets",
  summary: "Publishes.",
  events: {
    "ticket.created": versionedEvent(
      [olderVersion(Type.Object({ ticketId: Type.String() }), (payload) => payload)],
      Type.Object({
        ticketId: Type.String({ format: "uuid" }),
        note: Type.Optional(Type.String({ description: "<script>alert(1)</script>" })),
      }),
    ),
    "ticket.closed": event(Type.Object({ ticketId: Type.String() })),
  },
  consumes: [],
  actions: {},
});
const reader = defineContract({
  service: "search",
  summary: "Reads.",
  events: {},
  consumes: ["ticket.created"],
  actions: {},
});

describe("the OpenAPI document", () => {
  const document = openApi(routesOf(contracts));

  it("is valid by the official schema of OpenAPI 3.1", async () => {
    expect(await isOpenApi(document)).toMatchObject({ valid: true });
    expect(await isOpenApi(openApi(routesOf([things])))).toMatchObject({ valid: true });
    expect(await isOpenApi({ ...document, paths: { "/x": { get: { responses: 5 } } } })).toMatchObject({
      valid: false,
    });
  });

  it("has every route of the contracts, with its parameters, answers and security", () => {
    const paths = document.paths as Record<string, Record<string, JsonObject>>;
    const routes = routesOf(contracts);
    expect(routes.length).toBeGreaterThan(0);
    for (const route of routes) {
      const operation = paths[API_PREFIX + route.path]?.[route.method.toLowerCase()];
      expect(operation).toMatchObject({
        operationId: route.action,
        security: route.def.access === "public" ? [] : [{ bearer: [] }],
      });
      const named = ((operation?.parameters ?? []) as { name?: string; in?: string }[]).filter(
        ({ in: place }) => place !== undefined,
      );
      expect(named.map(({ name, in: place }) => `${place} ${name}`)).toEqual([
        ...route.inPath.map((name) => `path ${name}`),
        ...route.inQuery.map((name) => `query ${name}`),
      ]);
      expect(Object.keys(operation?.responses as object)).toEqual(
        expect.arrayContaining([String(route.status), "422", "429", "503"]),
      );
    }
  });

  it("tells a body only with the fields that come in it", () => {
    const rename = (openApi(routesOf([things])).paths as Record<string, Record<string, JsonObject>>)[
      "/api/v1/things/{id}"
    ]?.patch;
    expect(rename?.requestBody).toEqual({
      required: true,
      content: {
        "application/json": {
          schema: {
            type: "object",
            additionalProperties: false,
            properties: { name: { type: "string" } },
            required: ["name"],
          },
        },
      },
    });
  });

  it("equals docs/openapi.json: else run npm run docs", () => {
    expect(saved("openapi.json")).toEqual(JSON.parse(JSON.stringify(document)));
  });
});

describe("the AsyncAPI document", () => {
  // The official schema, compiled as any other.
  const schema = createRequire(import.meta.url)("@asyncapi/specs/schemas/3.0.0-without-$id.json") as object;
  const official = Compile(schema as never);

  it("is valid by the official schema of AsyncAPI 3.0, whole and for one service", () => {
    for (const document of [
      asyncApi(contracts),
      asyncApi([publisher, reader]),
      asyncApi([publisher, reader], "search"),
    ])
      expect(official.Check(document)).toBe(true);
    expect(official.Check({ ...asyncApi([publisher]), operations: { x: { action: "shout", channel: {} } } })).toBe(
      false,
    );
  });

  it("has every version of every event as a message, and one operation for each sender and receiver", () => {
    const document = asyncApi([publisher, reader]);
    expect(Object.keys((document.components as { messages: object }).messages)).toEqual([
      "ticket.closed.v1",
      "ticket.created.v1",
      "ticket.created.v2",
    ]);
    expect(Object.keys(document.operations as object)).toEqual([
      "tickets.send.ticket.closed",
      "tickets.send.ticket.created",
      "search.receive.ticket.created",
    ]);
  });

  it("every reference leads somewhere", () => {
    const document = asyncApi([publisher, reader], "search");
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      (match) => match[1] as string,
    );
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      const target = reference
        .split("/")
        .reduce<unknown>((place, step) => (place as Record<string, unknown> | undefined)?.[step], document);
      expect([reference, target]).toEqual([reference, expect.anything()]);
    }
  });

  it("one service's share holds only what it publishes or consumes", () => {
    expect(Object.keys(asyncApi([publisher, reader], "search").channels as object)).toEqual(["ticket.created"]);
    expect(Object.keys(asyncApi([publisher, reader], "search").operations as object)).toEqual([
      "search.receive.ticket.created",
    ]);
  });

  it("equals docs/asyncapi.json: else run npm run docs", () => {
    expect(saved("asyncapi.json")).toEqual(JSON.parse(JSON.stringify(asyncApi(contracts))));
  });
});

describe("the events page", () => {
  it("shows owner, consumers, versions, schema and an example, escaped and without a script", () => {
    const page = eventsPage([publisher, reader]);
    expect(page).toContain("Published by tickets. Consumed by search.");
    expect(page).toContain("v2, current");
    expect(page).toContain("v1, older, still understood");
    expect(page).toContain("&quot;eventType&quot;: &quot;ticket.created&quot;");
    expect(page).toContain("&lt;script&gt;alert(1)");
    expect(page).not.toMatch(/<script|style=|\son\w+=/);
  });
});
