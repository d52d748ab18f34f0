/** Answers that shrink, answers that are known already, and routes that cost much. */

import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../support/cluster.ts";
import { type Person, type Rest, startProduct } from "../support/product.ts";

describe("answers", () => {
  let world: World;
  let rest: Rest;
  let admin: Person;
  beforeAll(async () => {
    world = await createWorld({ RATE_LIMIT_PER_MINUTE: 10_000, RATE_LIMIT_AUTH_PER_MINUTE: 1_000 });
    ({ rest } = await startProduct(world));
    admin = await rest.admin();
  });
  afterAll(() => world.dispose());

  /** As it comes over the wire. */
  const raw = (path: string, headers: Record<string, string>) =>
    new Promise<{ headers: NodeJS.Dict<string | string[]>; body: Buffer }>((resolve, reject) => {
      request(`${rest.url}${path}`, { headers }, (res) => {
        const pieces: Buffer[] = [];
        res.on("data", (piece: Buffer) => pieces.push(piece));
        res.on("end", () => resolve({ headers: res.headers, body: Buffer.concat(pieces) }));
      })
        .on("error", reject)
        .end();
    });

  it("are compressed where the client accepts it and it pays, and say so to caches", async () => {
    const plain = await raw("/api/v1/openapi.json", {});
    const packed = await raw("/api/v1/openapi.json", { "accept-encoding": "gzip" });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(packed.headers).toMatchObject({
      "content-encoding": "gzip",
      vary: expect.stringMatching(/accept-encoding/i),
    });
    expect(packed.body.length).toBeLessThan(plain.body.length / 4);
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    const small = await raw("/health/live", { "accept-encoding": "gzip" });
    expect(small.headers["content-encoding"]).toBeUndefined();
  });

  it("that the client has already are 304, until they change", async () => {
    const as = rest.as(admin);
    const first = await as.get("/users/me");
    const tag = first.headers.get("etag") ?? "";
    const known = await as.get("/users/me", { "if-none-match": `"0", W/${tag}` });
    expect([known.status, known.body, known.headers.get("etag")]).toEqual([304, undefined, tag]);
    await rest.ok(200, as.patch("/users/me", { locale: "de" }));
    expect((await as.get("/users/me", { "if-none-match": tag })).status).toBe(200);
  });

  it("of costly routes have a limit of their own, for each account", async () => {
    const other = await rest.newPerson(admin, "Ann");
    const statuses: number[] = [];
    // Six a minute, and a minute may end in between.
    for (let n = 0; n < 13; n++) statuses.push((await rest.as(other).get("/users/me/export")).status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
    expect(statuses.slice(0, 2)).toEqual([200, 200]);
    expect((await rest.as(admin).get("/users/me/export")).status).toBe(200);
    expect((await rest.as(other).get("/users/me")).status).toBe(200);
  });
});
