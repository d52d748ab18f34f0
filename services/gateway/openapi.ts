/** OpenAPI 3.1 of the REST surface, from the same schemas that check the requests. Pure. */
import { defined, type Json, type JsonObject, plainSchema } from "./json-schema.ts";
import { TITLES } from "./problem.ts";
import { API_PREFIX, type Route } from "./routes.ts";

const FILE_TYPE = "application/octet-stream";
const JSON_TYPE = "application/json";
const PROBLEM_TYPE = "application/problem+json";
const ETAG: JsonObject = { ETag: { description: "The version, in quotes.", schema: { type: "string" } } };
const COMMANDS = new Set(["POST", "PUT", "PATCH"]);

export function openApi(routes: readonly Route[]): JsonObject {
  const paths: Record<string, Record<string, Json>> = { ...HEALTH };
  for (const route of routes) {
    const path = API_PREFIX + route.path;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Residential community platform",
      version: "1",
      description:
        "Lists page by cursor. Errors are problem+json (RFC 9457) with a fixed `code` and the `requestId`. " +
        "Send `If-Match` with a resource's ETag to change exactly the version that you have read.",
    },
    servers: [{ url: "/" }],
    tags: [...new Set(["health", ...routes.map((route) => route.service)])].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      parameters: HEADER_PARAMETERS,
      schemas: { Problem: PROBLEM },
      responses: problemResponses(),
    },
  };
}

function operation(route: Route): JsonObject {
  const { def } = route;
  const open = def.access === "public";
  return defined({
    operationId: route.action,
    summary: def.summary,
    description: open ? undefined : `Needs: ${ACCESS[def.access]}.`,
    tags: [route.service],
    security: open ? [] : [{ bearer: [] }],
    parameters: parameters(route),
    requestBody: requestBody(route),
    responses: {
      [route.status]: success(route),
      ...(isVersioned(route) && { 304: NOT_MODIFIED }),
      ...Object.fromEntries(problemsOf(route).map((status) => [status, { $ref: `#/components/responses/${status}` }])),
    },
  });
}

const ACCESS: Readonly<Record<string, string>> = {
  user: "a signed-in account",
  staff: "staff or manager of a building, or administrator",
  manager: "manager of a building, or administrator",
  admin: "administrator",
};

function parameters(route: Route): Json[] {
  const { def, inPath, inQuery, method } = route;
  const required = new Set(def.params.required as readonly string[] | undefined);
  const parameter =
    (place: "path" | "query") =>
    (name: string): Json => {
      const { description, ...schema } = plainSchema(def.params.properties[name] as object);
      return defined({ name, in: place, required: place === "path" || required.has(name), description, schema });
    };
  const headers = ["RequestId"];
  if (isVersioned(route)) headers.push("IfNoneMatch");
  if (COMMANDS.has(method)) headers.push("IfMatch");
  if (method === "POST" && def.access !== "public") headers.push("IdempotencyKey");
  const shared = headers.map((name): Json => ({ $ref: `#/components/parameters/${name}` }));
  return [...inPath.map(parameter("path")), ...inQuery.map(parameter("query")), ...shared];
}

const HEADER_PARAMETERS: JsonObject = {
  RequestId: {
    name: "X-Request-Id",
    in: "header",
    required: false,
    description: "Correlation id of everything that the request causes; made when absent.",
    schema: { type: "string", pattern: "^[A-Za-z0-9._-]{8,128}$" },
  },
  IfMatch: {
    name: "If-Match",
    in: "header",
    required: false,
    description: "Only if the resource still has this version.",
    schema: { type: "string", examples: ['"3"'] },
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    required: false,
    description: "ETags that the client has: 304 when the version is still one of them.",
    schema: { type: "string", examples: ['"3"'] },
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description:
      "The same key and body again within 24 h: the stored answer, with `Idempotency-Replayed: true`, and nothing is done twice.",
    schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,200}$" },
  },
};

function requestBody({ def, inBody, textBody, upload }: Route): JsonObject | undefined {
  if (upload) return { required: true, content: { [FILE_TYPE]: { schema: { type: "string", format: "binary" } } } };
  if (inBody.length === 0 && !textBody) return undefined;
  const {
    properties = {},
    required = [],
    ...rest
  } = plainSchema(def.params) as { properties?: JsonObject; required?: string[] } & JsonObject;
  const needed = required.filter((name) => inBody.includes(name));
  const schema = defined({
    ...rest,
    properties: Object.fromEntries(inBody.map((name) => [name, properties[name] as Json])),
    required: needed.length > 0 ? needed : undefined,
  });
  const text = textBody && Object.fromEntries(textBody.types.map((type) => [type, { schema: { type: "string" } }]));
  return { required: needed.length > 0, content: { [JSON_TYPE]: { schema }, ...text } };
}

/** `If-None-Match` works where the answer has a version, and an ETag from it. */
const isVersioned = ({ def, method, file, download }: Route): boolean =>
  method === "GET" && !file && !download && "version" in ((plainSchema(def.result).properties ?? {}) as JsonObject);

const NOT_MODIFIED: JsonObject = { description: "The version that the client has", headers: ETAG };

function success({ def, status, file, page, download }: Route): JsonObject {
  const headers: JsonObject = { "X-Request-Id": { schema: { type: "string" } } };
  if (status === 201) headers.Location = { description: "Path of what was created.", schema: { type: "string" } };
  if (download)
    return {
      description: "The file",
      headers,
      // Of the type that it was found to be.
      content: { "*/*": { schema: { type: "string", format: "binary" } } },
    };
  if (page) return { description: "A page", headers, content: { "text/html": { schema: { type: "string" } } } };
  if (file) return { description: "OK", headers, content: { [file.type]: { schema: { type: "string" } } } };
  const schema = plainSchema(def.result);
  if ("version" in ((schema.properties ?? {}) as JsonObject)) Object.assign(headers, ETAG);
  const description = status === 201 ? "Created" : status === 202 ? "Accepted" : status === 204 ? "Done" : "OK";
  return defined({ description, headers, content: status === 204 ? undefined : { [JSON_TYPE]: { schema } } });
}

/** What a route of its kind may answer: whoever reads the document shall meet nothing else. */
function problemsOf({ def, method, inPath, inQuery, upload }: Route): number[] {
  const takesBody = COMMANDS.has(method);
  const named = inPath.length + inQuery.length;
  return [
    ...new Set([
      ...(def.rest?.problems ?? []),
      ...[400, 422, 429, 500, 503],
      ...(def.access === "public" ? [] : [401, 403]),
      // What the request names has to be there, and the caller too: a token outlives its deleted account for a while.
      ...(named > 0 || def.access !== "public" ? [404] : []),
      ...(takesBody || upload ? [413, 415] : []),
      ...(method === "GET" ? [] : [409, 412]),
    ]),
  ].sort((a, b) => a - b);
}

const PROBLEM: JsonObject = {
  type: "object",
  required: ["type", "title", "status", "detail", "code", "requestId"],
  properties: {
    type: { type: "string", format: "uri-reference" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string", description: "Fixed name of the failure." },
    requestId: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["path", "message"],
        properties: { path: { type: "string", description: "JSON pointer." }, message: { type: "string" } },
      },
    },
    legal: { type: "array", items: { type: "string" }, description: "409: the steps that are possible instead." },
  },
};

/** 409: while the first request with an Idempotency-Key still runs. */
const MAY_BE_REPEATED = new Set(["409", "429", "503"]);
const RETRY_AFTER: JsonObject = { "Retry-After": { description: "Seconds.", schema: { type: "integer" } } };

function problemResponses(): JsonObject {
  const statuses = Object.entries(TITLES).filter(([status]) => status !== "405");
  return Object.fromEntries(
    statuses.map(([status, title]) => [
      status,
      defined({
        description: title,
        headers: MAY_BE_REPEATED.has(status) ? RETRY_AFTER : undefined,
        content: { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
      }),
    ]),
  );
}

const healthOperation = (operationId: string, summary: string, statuses: Record<string, string>): JsonObject => ({
  get: {
    operationId,
    summary,
    tags: ["health"],
    security: [],
    responses: Object.fromEntries(
      Object.entries(statuses).map(([status, description]) => [
        status,
        { description, content: { [JSON_TYPE]: { schema: { type: "object" } } } },
      ]),
    ),
  },
});

const HEALTH: Readonly<Record<string, JsonObject>> = {
  "/health/live": healthOperation("health.live", "The process answers", { 200: "Live" }),
  "/health/ready": healthOperation("health.ready", "Each dependency and its state", {
    200: "Requests are served (ready, or degraded: facts don't travel at the moment, none is lost)",
    503: "Requests can't be served",
  }),
};
