/** The open defaults of moleculer-web 0.11 (reliability.md, Security), each closed, over real HTTP. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../support/cluster.ts";
import { gatewayContracts, gatewayServices, urlOf } from "../support/gateway-domain.ts";

let world: World;
let base = "";

beforeAll(async () => {
  world = await createWorld();
  base = urlOf(await world.startBroker({ contracts: gatewayContracts, services: gatewayServices() }));
});
afterAll(() => world.dispose());

const JSON_TYPE = { "content-type": "application/json" };
const AS_USER = { authorization: "Bearer user" };
interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  body: any;
  text: string;
}

async function call(
  method: string,
  path: string,
  init: { headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const response = await fetch(base + path, { method, ...init });
  const text = await response.text();
  const body = text.startsWith("{") ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, body, text };
}
const post = (path: string, body: string, headers: Record<string, string> = AS_USER) =>
  call("POST", path, { headers: { ...JSON_TYPE, ...headers }, body });

describe("the open defaults of moleculer-web", () => {
  it("1: an operator in the query (?email[$ne]=x) never reaches an action", async () => {
    const answer = await call("GET", "/api/v1/things?email[$ne]=x");
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([{ path: "/email[$ne]", message: expect.stringContaining("single value") }]);
    expect((await call("GET", "/api/v1/things?email=x")).body.params).toEqual({ email: "x" });
  });

  it("2: the query never reaches a body field, nor the body a query or path field", async () => {
    const query = await call("PATCH", "/api/v1/things/1?name=evil", {
      headers: { ...JSON_TYPE, ...AS_USER },
      body: '{"name":"good"}',
    });
    expect(query.status).toBe(422);
    expect(query.body.errors).toEqual([{ path: "/name", message: "is not a known query parameter" }]);
    for (const body of ['{"name":"good","id":"2"}', '{"name":"good","notify":true}']) {
      const answer = await call("PATCH", "/api/v1/things/1", { headers: { ...JSON_TYPE, ...AS_USER }, body });
      expect(answer.status).toBe(422);
    }
    const right = await call("PATCH", "/api/v1/things/1?notify=true", {
      headers: { ...JSON_TYPE, ...AS_USER },
      body: '{"name":"good"}',
    });
    expect(right.body.params).toEqual({ id: "1", name: "good", notify: true });
  });

  it.each(["__proto__", "constructor", "prototype", "$where", "a.b"])(
    "3: the key %s is refused anywhere in a body",
    async (key) => {
      for (const body of [`{"name":"x","${key}":{"admin":true}}`, `{"name":"x","extra":{"deep":[{"${key}":1}]}}`]) {
        const answer = await post("/api/v1/things", body);
        expect(answer.status).toBe(422);
        expect(answer.body.errors[0].path).toContain(key);
      }
      expect(({} as Record<string, unknown>).admin).toBeUndefined();
    },
  );

  it("4: the text of an unexpected error does not reach the client", async () => {
    const answer = await call("POST", "/api/v1/things/unexpected/fail");
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      type: "urn:problem:internal-error",
      title: "Internal Server Error",
      status: 500,
      detail: "Something went wrong on our side. The request id helps us to find it.",
      code: "INTERNAL_ERROR",
      requestId: answer.headers.get("x-request-id"),
    });
  });

  it.each([
    "/~node/list",
    "/api/v1/~node/list",
    "/$node/list",
    "/$node.list",
    "/things/secret",
    "/things.secret",
    "/api/v1/things.secret",
    "/api/list-aliases",
    "/api/v1/api/list-aliases",
    "/things/traceEvent",
    "/iam/authenticate",
  ])("5: an internal action has no path: %s", async (path) => {
    for (const method of ["GET", "POST"]) {
      const answer = await call(method, path);
      expect(answer.status).toBeGreaterThanOrEqual(404);
      expect(answer.text).not.toContain("hunter2");
      expect(["ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED", "UNAUTHENTICATED"]).toContain(answer.body.code);
    }
  });

  it("6: X-Forwarded-For is not believed without TRUST_PROXY", async () => {
    const answer = await call("GET", "/api/v1/things", { headers: { "x-forwarded-for": "6.6.6.6" } });
    expect(answer.body.meta.clientIp).toBe("127.0.0.1");
  });

  it.each(["/api/v1/things", "/api/v1/nothing", "/docs", "/health/live", "/"])(
    "7: %s answers with security headers and names no software",
    async (path) => {
      const { headers } = await call("GET", path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("x-powered-by")).toBeNull();
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("strict-transport-security")).toBeNull();
    },
  );

  it("8: no answer names a node, an action or a stack", async () => {
    const nodeId = `${world.env.DB_PREFIX}-0`;
    const answers = [
      await post("/api/v1/things", "{}"),
      await post("/api/v1/things", '{"name":5}'),
      await call("GET", "/api/v1/things/1"),
      await call("POST", "/api/v1/things/unexpected/fail"),
      await call("POST", "/api/v1/things/retryable/fail"),
      await call("POST", "/api/v1/things/conflict/fail"),
      await call("GET", "/api/v1/things/%E0%A4%A", { headers: AS_USER }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 401, 500, 503, 409, 400]);
    for (const { text, headers } of answers) {
      expect(headers.get("content-type")).toContain("application/problem+json");
      for (const leak of [nodeId, "node-7", "things.", "hunter2", "    at ", ".ts:"]) expect(text).not.toContain(leak);
    }
  });
});

describe("bad input", () => {
  it("broken JSON is 400", async () => {
    for (const body of ["{", '{"name":}', "hello", "[1", '"text"', "17"]) {
      const answer = await post("/api/v1/things", body);
      expect([answer.status, answer.body.code]).toEqual([400, "MALFORMED_BODY"]);
    }
  });

  it("a wrong type, a missing and an unknown field are 422 and named", async () => {
    expect((await post("/api/v1/things", '{"name":5}')).body.errors).toEqual([
      { path: "/name", message: "must be string" },
    ]);
    expect((await post("/api/v1/things", "{}")).body.errors).toEqual([{ path: "/name", message: "is required" }]);
    expect((await post("/api/v1/things", '{"name":"x","role":"admin"}')).body.errors).toEqual([
      { path: "/role", message: "is not a known field of the body" },
    ]);
    expect((await call("GET", "/api/v1/things?role=admin")).body.errors).toEqual([
      { path: "/role", message: "is not a known query parameter" },
    ]);
    expect((await call("GET", "/api/v1/things?limit=1&limit=2")).body.errors).toEqual([
      { path: "/limit", message: "is given more than once" },
    ]);
    expect((await call("GET", "/api/v1/things?limit=ten")).status).toBe(422);
    expect((await call("GET", "/api/v1/things?limit=101")).status).toBe(422);
    expect((await post("/api/v1/things", "[]")).status).toBe(422);
  });

  it("texts of the query become what the schema asks for", async () => {
    const answer = await call("GET", "/api/v1/things?limit=5&ratio=0.5&open=false&email=12");
    expect(answer.body.params).toEqual({ limit: 5, ratio: 0.5, open: false, email: "12" });
  });

  it("a body over 100 kB is 413, whether its length is told or not", async () => {
    const body = JSON.stringify({ name: "x", extra: { blob: "a".repeat(110_000) } });
    const told = await post("/api/v1/things", body);
    expect([told.status, told.body.code]).toEqual([413, "BODY_TOO_LARGE"]);
    const chunked = await rawPost("/api/v1/things", { ...JSON_TYPE, ...AS_USER, "transfer-encoding": "chunked" }, body);
    expect(chunked).toBe(413);
  });

  it("a body nested deeper than 20 levels, up to 40,000, is 422", async () => {
    for (const depth of [19, 40_000]) {
      const answer = await post(
        "/api/v1/things",
        `{"name":"x","extra":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`,
      );
      expect(answer.status).toBe(422);
      expect(answer.body.errors[0].message).toContain("20 levels");
    }
    expect((await post("/api/v1/things", `{"name":"x","extra":{"a":${"[".repeat(18)}${"]".repeat(18)}}}`)).status).toBe(
      201,
    );
  });

  it("another content type, charset or encoding is 415", async () => {
    for (const headers of [
      { "content-type": "text/plain" },
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-type": "application/json; charset=latin1" },
      { "content-type": "application/json", "content-encoding": "gzip" },
    ]) {
      const answer = await call("POST", "/api/v1/things", {
        headers: { ...AS_USER, ...headers },
        body: '{"name":"x"}',
      });
      expect([answer.status, answer.body.code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
    }
  });

  it("a body where none belongs is 400", async () => {
    const answer = await call("DELETE", "/api/v1/things/1", {
      headers: { ...JSON_TYPE, authorization: "Bearer admin" },
      body: "{}",
    });
    expect([answer.status, answer.body.code]).toEqual([400, "MALFORMED_REQUEST"]);
  });

  it("a path that does not exist is 404, also when only its letters' case differs", async () => {
    for (const path of [
      "/nothing",
      "/api/v1/nothing",
      "/api/v1/Things",
      "/api/v2/things",
      "/docs/assets/../package.json",
      "/docs/assets/swagger-ui.js",
    ]) {
      const answer = await call("GET", path);
      expect([answer.status, answer.body.code]).toEqual([404, "ROUTE_NOT_FOUND"]);
    }
  });

  it("another method is 405 with Allow", async () => {
    const answer = await call("PUT", "/api/v1/things/1");
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("DELETE, GET, HEAD, PATCH");
  });
});

/** A POST by node:http, for headers that fetch keeps to itself. @returns the status */
function rawPost(path: string, headers: Record<string, string>, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const req = request(base + path, { method: "POST", headers }, (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    });
    // The server may have answered and closed before all is sent.
    req.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EPIPE" || error.code === "ECONNRESET" ? undefined : reject(error),
    );
    req.end(body);
  });
}
