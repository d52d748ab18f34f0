/** The gateway's HTTP: answers, headers, access, limits, health, drain; services on another node. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { BrokerOptions, ServiceBroker } from "moleculer";
import { RateLimitedError } from "../../../mixins/kit/errors.ts";
import { type CounterDoc, RateLimiter } from "../../../services/gateway/rate-limit.ts";
import { relay as relayContract } from "../../../services/relay/contract.ts";
import relay from "../../../services/relay/relay.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { gatewayContracts, gatewayServices, urlOf } from "../../support/gateway-domain.ts";

let world: World;
let near: ServiceBroker;
/** Gateway and services in one process; gateway alone, its services on another node. */
let local = "";
let remote = "";

const contracts = [...gatewayContracts, relayContract];
// Moleculer's in-process transporter: packets are serialised as on the wire.
const connected = { contracts, broker: { transporter: "Fake" } as BrokerOptions };

beforeAll(async () => {
  world = await createWorld();
  const [iam, things, gateway] = gatewayServices();
  near = await world.startBroker({ contracts, services: [...gatewayServices(), relay] });
  local = urlOf(near);
  await world.startBroker({ ...connected, services: [iam, things] as never });
  const far = await world.startBroker({ ...connected, services: [gateway] as never });
  await far.waitForServices(["iam", "things"], 5_000, 20);
  remote = urlOf(far);
});
afterAll(() => world.dispose());

const json = { "content-type": "application/json" };
const as = (token: string) => ({ authorization: `Bearer ${token}` });
const api = (path: string, init: RequestInit = {}, base = local) => fetch(`${base}/api/v1${path}`, init);
const bodyOf = async (response: Promise<Response>) => (await (await response).json()) as Record<string, unknown>;

describe("answers", () => {
  it("201 has Location (escaped) and ETag, 204 no body", async () => {
    const created = await api("/things", { method: "POST", headers: { ...json, ...as("user") }, body: '{"name":"x"}' });
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toBe("/api/v1/things/t%201");
    expect(created.headers.get("etag")).toBe('"1"');
    const removed = await api("/things/1", { method: "DELETE", headers: as("admin") });
    expect([removed.status, await removed.text()]).toEqual([204, ""]);
  });

  it("a result holds what the contract names, and no more", async () => {
    expect(await bodyOf(api("/things/1", { headers: as("user") }))).toEqual({ id: "1", version: 7, name: "x" });
  });

  it("HEAD is GET without the body", async () => {
    const head = await api("/things/1", { method: "HEAD", headers: as("user") });
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, '"7"', ""]);
    expect(Number(head.headers.get("content-length"))).toBeGreaterThan(0);
  });

  it("a well-formed X-Request-Id is taken over, as correlation id too; another is replaced", async () => {
    const given = await api("/things", { headers: { "x-request-id": "my-request.1" } });
    expect(given.headers.get("x-request-id")).toBe("my-request.1");
    expect(((await given.json()) as { meta: object }).meta).toMatchObject({ correlationId: "my-request.1" });
    for (const id of ["short", "has space", "a".repeat(129), "<script>alert</script>"]) {
      const replaced = (await api("/things", { headers: { "x-request-id": id, "x-correlation-id": id } })).headers.get(
        "x-request-id",
      );
      expect(replaced).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("If-Match reaches the action as a number; a malformed one is 422", async () => {
    const send = (etag: string) =>
      api("/things/1", {
        method: "PATCH",
        headers: { ...json, ...as("user"), "if-match": etag },
        body: '{"name":"x"}',
      });
    expect(((await bodyOf(send('"3"'))).meta as { ifMatch: unknown }).ifMatch).toBe(3);
    expect(((await bodyOf(send("*"))).meta as { ifMatch: unknown }).ifMatch).toBeNull();
    expect((await send("3")).status).toBe(422);
  });

  it("OPTIONS tells the methods, and nothing about CORS", async () => {
    const answer = await api("/things/1", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "GET" },
    });
    expect([answer.status, answer.headers.get("allow")]).toEqual([204, "DELETE, GET, HEAD, PATCH, OPTIONS"]);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("access", () => {
  it("401 and 403 come before what the input would earn", async () => {
    const anonymous = await api("/things", { method: "POST", headers: { "content-type": "text/plain" }, body: "{" });
    expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    const resident = await api("/things/1?nonsense=1", { method: "DELETE", headers: as("user") });
    expect([resident.status, (await bodyOf(Promise.resolve(resident))).code]).toEqual([403, "FORBIDDEN"]);
  });

  it("a token that is not valid is 401, but is taken for none where nobody needs to be known", async () => {
    expect((await api("/things/1", { headers: as("stolen") })).status).toBe(401);
    expect((await api("/things/1", { headers: { authorization: "Basic dXNlcjp4" } })).status).toBe(401);
    expect(((await bodyOf(api("/things", { headers: as("stolen") }))).meta as { userId: unknown }).userId).toBeNull();
    expect(((await bodyOf(api("/things", { headers: as("user") }))).meta as { userId: unknown }).userId).toBe(
      "id-of-user",
    );
  });
});

describe.each([
  ["the same node", () => local],
  ["another node", () => remote],
])("errors of a service on %s", (_, base) => {
  it.each([
    ["conflict", 409, "CONFLICT"],
    ["stale", 412, "VERSION_MISMATCH"],
    ["missing", 404, "NOT_FOUND"],
    ["unexpected", 500, "INTERNAL_ERROR"],
    ["retryable", 503, "UNAVAILABLE"],
  ])("%s is %i %s", async (how, status, code) => {
    const answer = await api(`/things/${how}/fail`, { method: "POST" }, base());
    const body = await bodyOf(Promise.resolve(answer));
    expect([answer.status, body.code]).toEqual([status, code]);
    expect(JSON.stringify(body)).not.toContain("hunter2");
    if (status === 409) expect([body.detail, body.legal]).toEqual(["That step is not possible.", ["open"]]);
    if (status === 503) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("the actor and the correlation travel along", async () => {
    const answer = await bodyOf(api("/things", { headers: { ...as("staff"), "x-request-id": "far-away-1" } }, base()));
    expect(answer.meta).toMatchObject({ userId: "id-of-staff", correlationId: "far-away-1" });
  });
});

describe("limits", () => {
  const limited = async (env: object, test: (base: string, broker: ServiceBroker) => Promise<void>): Promise<void> => {
    const broker = await world.startBroker({ contracts, services: gatewayServices(), env });
    await test(urlOf(broker), broker).finally(() => broker.stop());
  };
  const statuses = async (
    count: number,
    base: string,
    path = "/things",
    init: (index: number) => RequestInit = () => ({}),
  ): Promise<number[]> => {
    const answers: number[] = [];
    for (let index = 0; index < count; index++) answers.push((await api(path, init(index), base)).status);
    return answers;
  };
  const freshWindow = async (env: object) => {
    await world.client.db(`${world.env.DB_PREFIX}_gateway`).collection("rate_limits").deleteMany({});
    return env;
  };

  it("too many requests of one address are 429 with Retry-After, whatever X-Forwarded-For says", async () => {
    await limited(await freshWindow({ RATE_LIMIT_PER_MINUTE: 3 }), async (base) => {
      const found = await statuses(5, base, "/things", (index) => ({
        headers: { "x-forwarded-for": `10.0.0.${index}` },
      }));
      expect(found).toEqual([200, 200, 200, 429, 429]);
      const answer = await api("/things", {}, base);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(((await answer.json()) as { code: string }).code).toBe("RATE_LIMITED");
    });
  });

  it("behind a proxy of ours the address it wrote counts, and only that one", async () => {
    await limited(await freshWindow({ RATE_LIMIT_PER_MINUTE: 2, TRUST_PROXY: true }), async (base) => {
      const forged = await statuses(3, base, "/things", (index) => ({
        headers: { "x-forwarded-for": `10.0.0.${index}, 192.0.2.1` },
      }));
      expect(forged).toEqual([200, 200, 429]);
      expect(await statuses(1, base, "/things", () => ({ headers: { "x-forwarded-for": "192.0.2.2" } }))).toEqual([
        200,
      ]);
    });
  });

  it("logging in has a stricter limit", async () => {
    await limited(await freshWindow({ RATE_LIMIT_PER_MINUTE: 100, RATE_LIMIT_AUTH_PER_MINUTE: 2 }), async (base) => {
      const login = () => ({ method: "POST", headers: json, body: '{"password":"x"}' });
      expect(await statuses(3, base, "/auth/login", login)).toEqual([200, 200, 429]);
      expect(await statuses(1, base)).toEqual([200]);
    });
  });

  it("two gateways share the count through MongoDB; alone each would let more through", async () => {
    const MINUTE = 66_666_668;
    const collection = world.client.db(`${world.env.DB_PREFIX}_gateway`).collection<CounterDoc>("shared_limits");
    // Far from over: of a minute that is over MongoDB deletes the count.
    const options = { collection, logger: near.logger, now: () => MINUTE * 60_000 + 30_000 };
    const [first, second] = [new RateLimiter(options), new RateLimiter(options)];
    for (let count = 0; count < 3; count++) first.take("ip:a", 4);
    second.take("ip:a", 4);
    await first.flush();
    await second.flush();
    expect(() => second.take("ip:a", 4)).toThrow(RateLimitedError);
    expect(() => second.take("ip:b", 4)).not.toThrow();
    // As the limiter writes and reads it: the client's own majority may be behind for a moment.
    const local = { readConcern: { level: "local" as const } };
    expect((await collection.findOne({ _id: `ip:a@${MINUTE}` }, local))?.count).toBe(4);
  });

  it("a new minute begins with an empty count", () => {
    let now = 119_000;
    const limiter = new RateLimiter({ collection: {} as never, logger: near.logger, now: () => now });
    limiter.take("k", 1);
    expect(() => limiter.take("k", 1)).toThrow("Try again in 1 s");
    now = 120_000;
    expect(() => limiter.take("k", 1)).not.toThrow();
  });
});

describe("CORS", () => {
  it("lets in exactly the origins that are listed", async () => {
    const broker = await world.startBroker({
      contracts,
      services: gatewayServices(),
      env: { CORS_ORIGINS: ["https://app.example.com"], HSTS_SECONDS: 600 },
    });
    const from = async (origin: string) =>
      (await api("/things", { headers: { origin } }, urlOf(broker))).headers.get("access-control-allow-origin");
    expect(await from("https://app.example.com")).toBe("https://app.example.com");
    // moleculer-web's own check takes a part of a listed origin for the origin.
    for (const origin of ["https://app.example.co", "https://app.example.com.evil.org", "null"])
      expect(await from(origin)).toBeNull();
    expect((await api("/things", {}, urlOf(broker))).headers.get("strict-transport-security")).toContain("max-age=600");
    await broker.stop();
  });
});

describe("health", () => {
  it("live answers at once, also to HEAD", async () => {
    expect(await bodyOf(fetch(`${local}/health/live`))).toEqual({ status: "live" });
    expect((await fetch(`${local}/health/ready`, { method: "HEAD" })).status).toBe(200);
  });

  it("ready names each dependency and its state", async () => {
    const state = await waitFor(
      async () => {
        const found = await bodyOf(fetch(`${local}/health/ready`));
        return found.status === "ready" && found;
      },
      { message: "ready" },
    );
    expect(state).toEqual({
      status: "ready",
      dependencies: {
        mongodb: { state: "up" },
        rabbitmq: { state: "up" },
        relay: { state: "up", holder: expect.any(String) },
        services: { iam: { state: "up" }, things: { state: "up" }, relay: { state: "up" } },
      },
    });
  });

  it("503 while a service is missing, and its routes are 503 with Retry-After", async () => {
    const [iam, , gateway] = gatewayServices();
    const broker = await world.startBroker({ contracts, services: [iam, gateway] as never });
    const ready = await fetch(`${urlOf(broker)}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      status: "unavailable",
      dependencies: { services: { things: { state: "down" }, iam: { state: "up" } } },
    });
    const answer = await api("/things", {}, urlOf(broker));
    expect([answer.status, answer.headers.get("retry-after") !== null]).toEqual([503, true]);
    await broker.stop();
  });
});

describe("an orderly stop", () => {
  it("lets the request in flight finish, and takes no new connection", async () => {
    const [iam, things, gateway] = gatewayServices();
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let entered = (): void => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const slow = {
      ...things,
      hooks: {
        before: {
          async list() {
            entered();
            await released;
          },
        },
      },
    };
    const broker = await world.startBroker({ contracts, services: [iam, slow, gateway] as never });
    const base = urlOf(broker);
    const pending = api("/things", {}, base);
    await inside;
    const stopped = broker.stop();
    await waitFor(async () => refused(base), { message: "new connections are refused" });
    release();
    const answer = await pending;
    expect([answer.status, answer.headers.get("connection")]).toEqual([200, "close"]);
    await stopped;
  });
});

describe("a stop with notice", () => {
  it("answers everything while it says that it is not ready, then closes", async () => {
    const noticeMs = 1_500;
    const broker = await world.startBroker({
      contracts,
      services: [...gatewayServices(), relay],
      env: { DRAIN_NOTICE_MS: noticeMs },
    });
    const base = urlOf(broker);
    const becomes = (status: number) =>
      waitFor(async () => (await fetch(`${base}/health/ready`)).status === status, { message: `ready: ${status}` });
    await becomes(200);
    const stopped = broker.stop();
    await becomes(503);
    const answer = await api("/things", {}, base);
    expect([answer.status, answer.headers.get("connection")]).toEqual([200, "close"]);
    await stopped;
    expect(await refused(base)).toBe(true);
  });
});

const refused = (base: string): Promise<boolean> =>
  new Promise((resolve) => {
    const req = request(`${base}/health/live`, { agent: false }, (res) => {
      res.resume();
      resolve(false);
    });
    req.on("error", () => resolve(true));
    req.end();
  });
