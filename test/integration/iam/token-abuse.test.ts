/** What people try with tokens (RFC 8725, RFC 9700), over REST. Each forged token differs from a good one in one thing. */
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { decodeJwt, decodeProtectedHeader } from "jose";
import type { Db } from "mongodb";
import { Keyring } from "../../../services/iam/keys.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { type Person, type Rest, startProduct } from "../../support/product.ts";

type Json = Record<string, unknown>;
interface Good {
  header: Json;
  claims: Json;
  key: KeyObject;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const signed = (key: KeyObject, header: Json, claims: unknown): string => {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString("base64url")}`;
};
const hmac = (secret: string | Buffer, header: Json, claims: Json): string => {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
};
const without = (object: Json, field: string): Json => {
  const { [field]: _, ...rest } = object;
  return rest;
};
const stranger = generateKeyPairSync("ed25519").privateKey;
const strangerJwk = createPublicKey(stranger).export({ format: "jwk" });
const now = (): number => Math.floor(Date.now() / 1000);

let world: World;
let rest: Rest;
let ahead = 0;
let admin: Person;
let ann: Person;
let bob: Person;
let good: Good;

beforeAll(async () => {
  world = await createWorld();
  ({ rest } = await startProduct(world, { clock: () => new Date(Date.now() + ahead) }));
  admin = await rest.admin();
  [ann, bob] = [await rest.newPerson(admin, "Ann"), await rest.newPerson(admin, "Bob")];
  const keys = world.client.db(`${world.env.DB_PREFIX}_iam`).collection<{ privateKey: string }>("signing_keys");
  const { privateKey } = (await keys.findOne({})) as { privateKey: string };
  const header = decodeProtectedHeader(ann.token) as Json;
  good = { header, claims: decodeJwt(ann.token) as Json, key: createPrivateKey(privateKey) };
});
afterAll(() => world.dispose());

const whoIs = (token: string) => rest.as({ token }).get("/users/me");

describe("an access token", () => {
  it("that is made by the same helper, with nothing wrong, is good: so it is the one thing that each case changes", async () => {
    const { key, header, claims } = good;
    expect((await whoIs(signed(key, header, claims))).body.id).toBe(ann.id);
  });

  const forged: Record<string, (good: Good) => string> = {
    "that is empty": () => "",
    "that is a word": () => "token",
    "of one dot": ({ header, claims }) => `${encode(header)}.${encode(claims)}`,
    "with a fourth part": ({ key, header, claims }) => `${signed(key, header, claims)}.x`,
    "in the form of a JWE": () => "a.b.c.d.e",
    "with alg none and no signature": ({ header, claims }) =>
      `${encode({ ...header, alg: "none" })}.${encode(claims)}.`,
    "with alg None": ({ header, claims }) => `${encode({ ...header, alg: "None" })}.${encode(claims)}.`,
    "with alg nOnE": ({ header, claims }) => `${encode({ ...header, alg: "nOnE" })}.${encode(claims)}.`,
    "with alg none and a good signature": ({ key, header, claims }) => signed(key, { ...header, alg: "none" }, claims),
    "with an empty alg": ({ key, header, claims }) => signed(key, { ...header, alg: "" }, claims),
    "without alg": ({ key, header, claims }) => signed(key, without(header, "alg"), claims),
    "with HS256 and our public PEM as secret": ({ key, header, claims }) =>
      hmac(
        createPublicKey(key).export({ format: "pem", type: "spki" }).toString(),
        { ...header, alg: "HS256" },
        claims,
      ),
    "with HS256 and our public bytes as secret": ({ key, header, claims }) =>
      hmac(
        Buffer.from(createPublicKey(key).export({ format: "jwk" }).x as string, "base64url"),
        { ...header, alg: "HS256" },
        claims,
      ),
    "with HS256 and an empty secret": ({ header, claims }) => hmac("", { ...header, alg: "HS256" }, claims),
    "that says RS256": ({ key, header, claims }) => signed(key, { ...header, alg: "RS256" }, claims),
    "that says ES256": ({ key, header, claims }) => signed(key, { ...header, alg: "ES256" }, claims),
    "signed by a stranger under our kid": ({ header, claims }) => signed(stranger, header, claims),
    "that brings its own jwk": ({ header, claims }) => signed(stranger, { ...header, jwk: strangerJwk }, claims),
    "that brings its own jwk and no kid": ({ header, claims }) =>
      signed(stranger, { ...without(header, "kid"), jwk: strangerJwk }, claims),
    "with a jku": ({ header, claims }) =>
      signed(stranger, { ...header, jku: "https://evil.example/jwks.json" }, claims),
    "with an x5u": ({ header, claims }) => signed(stranger, { ...header, x5u: "https://evil.example/cert" }, claims),
    "with an x5c": ({ header, claims }) => signed(stranger, { ...header, x5c: ["MIIB"] }, claims),
    "without kid": ({ key, header, claims }) => signed(key, without(header, "kid"), claims),
    "with an unknown kid": ({ key, header, claims }) => signed(key, { ...header, kid: "another" }, claims),
    "with a path as kid": ({ key, header, claims }) => signed(key, { ...header, kid: "../../../dev/null" }, claims),
    "with an operator as kid": ({ key, header, claims }) => signed(key, { ...header, kid: { $ne: "" } }, claims),
    "with a list as kid": ({ key, header, claims }) => signed(key, { ...header, kid: [header.kid] }, claims),
    "with __proto__ as kid": ({ key, header, claims }) => signed(key, { ...header, kid: "__proto__" }, claims),
    "with an endless kid": ({ key, header, claims }) => signed(key, { ...header, kid: "k".repeat(3_000) }, claims),
    "with a critical extension": ({ key, header, claims }) =>
      signed(key, { ...header, crit: ["exp"], exp: now() + 60 }, claims),
    "with b64 false": ({ key, header, claims }) => signed(key, { ...header, crit: ["b64"], b64: false }, claims),
    "without typ": ({ key, header, claims }) => signed(key, without(header, "typ"), claims),
    "of typ JWT": ({ key, header, claims }) => signed(key, { ...header, typ: "JWT" }, claims),
    "of typ verify-email+jwt": ({ key, header, claims }) => signed(key, { ...header, typ: "verify-email+jwt" }, claims),
    "of typ reset-password+jwt": ({ key, header, claims }) =>
      signed(key, { ...header, typ: "reset-password+jwt" }, claims),
    "of another issuer": ({ key, header, claims }) => signed(key, header, { ...claims, iss: "https://evil.example" }),
    "without issuer": ({ key, header, claims }) => signed(key, header, without(claims, "iss")),
    "with a list of issuers": ({ key, header, claims }) => signed(key, header, { ...claims, iss: [claims.iss] }),
    "for another audience": ({ key, header, claims }) => signed(key, header, { ...claims, aud: "another-api" }),
    "without audience": ({ key, header, claims }) => signed(key, header, without(claims, "aud")),
    "that has expired": ({ key, header, claims }) => signed(key, header, { ...claims, exp: now() - 60 }),
    "that never expires": ({ key, header, claims }) => signed(key, header, without(claims, "exp")),
    "that expires at a text": ({ key, header, claims }) => signed(key, header, { ...claims, exp: "2999-01-01" }),
    "that is not valid yet": ({ key, header, claims }) => signed(key, header, { ...claims, nbf: now() + 3_600 }),
    "that was never issued": ({ key, header, claims }) => signed(key, header, without(claims, "iat")),
    "without subject": ({ key, header, claims }) => signed(key, header, without(claims, "sub")),
    "with an operator as subject": ({ key, header, claims }) => signed(key, header, { ...claims, sub: { $ne: "" } }),
    "of somebody else's subject": ({ key, header, claims }) => signed(key, header, { ...claims, sub: bob.id }),
    "of nobody": ({ key, header, claims }) => signed(key, header, { ...claims, sub: "nobody" }),
    "without session": ({ key, header, claims }) => signed(key, header, without(claims, "sid")),
    "of somebody else's session": ({ key, header, claims }) =>
      signed(key, header, { ...claims, sid: decodeJwt(bob.token).sid }),
    "of a session with an operator": ({ key, header, claims }) => signed(key, header, { ...claims, sid: { $gt: "" } }),
    "of an older session version": ({ key, header, claims }) => signed(key, header, { ...claims, sv: 0 }),
    "of a later session version": ({ key, header, claims }) => signed(key, header, { ...claims, sv: 2 }),
    "of a session version as text": ({ key, header, claims }) => signed(key, header, { ...claims, sv: "1" }),
    "whose claims are a list": ({ key, header, claims }) => signed(key, header, [claims]),
    "whose claims are no JSON": ({ key, header }) => {
      const input = `${encode(header)}.${Buffer.from("{nonsense").toString("base64url")}`;
      return `${input}.${sign(null, Buffer.from(input), key).toString("base64url")}`;
    },
    "with a signature cut short": ({ key, header, claims }) => signed(key, header, claims).slice(0, -10),
    "with one letter of the signature changed": ({ key, header, claims }) => {
      const token = signed(key, header, claims);
      const at = token.length - 20;
      return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    },
    "with the signature of another": ({ key, header, claims }) => {
      const [head, , signature] = signed(key, header, claims).split(".");
      return `${head}.${encode({ ...claims, sub: bob.id })}.${signature}`;
    },
    "that gives itself a role, unsigned": ({ key, header, claims }) => {
      const [head, , signature] = signed(key, header, claims).split(".");
      return `${head}.${encode({ ...claims, roles: ["admin"] })}.${signature}`;
    },
    "that is a refresh token": () => ann.refreshToken,
    "of 10,000 letters": () => "x".repeat(10_000),
  };

  it("is tried in at least 40 ways", () => expect(Object.keys(forged).length).toBeGreaterThanOrEqual(40));

  it.each(Object.keys(forged))("%s is refused with 401", async (name) => {
    const { status, body, headers } = await whoIs((forged[name] as (good: Good) => string)(good));
    expect([status, body.code]).toEqual([401, expect.stringMatching(/^(TOKEN_|SESSION_ENDED|UNAUTHENTICATED)/)]);
    expect(headers.get("www-authenticate")).toContain("Bearer");
    expect(JSON.stringify(body)).not.toMatch(/jose|signature|kid|alg|stack/i);
  });

  it("a role claim in a good token is not believed: roles are looked up", async () => {
    const { key, header, claims } = good;
    const token = signed(key, header, { ...claims, roles: [{ role: "admin", buildingId: null }] });
    expect((await rest.as({ token }).get("/users")).status).toBe(403);
  });

  it("is not taken from the query, from another scheme, or from a cookie", async () => {
    const ways: [string, Record<string, string>][] = [
      [`/users/me?access_token=${ann.token}`, {}],
      ["/users/me", { authorization: `Basic ${ann.token}` }],
      ["/users/me", { authorization: ann.token }],
      ["/users/me", { cookie: `access_token=${ann.token}` }],
      ["/users/me", { "x-access-token": ann.token }],
    ];
    for (const [path, headers] of ways) expect([path, (await rest.get(path, headers)).status]).toEqual([path, 401]);
  });
});

describe("a refresh token", () => {
  const refresh = (refreshToken: string) => rest.post("/auth/refresh", { refreshToken });
  const fresh = () => rest.login(ann.email, ann.password);

  it("works once; its repeat within 10 s gets the same successor, ten at once too", async () => {
    const { refreshToken } = await fresh();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
    expect(answers[0]?.body.refreshToken).not.toBe(refreshToken);
  });

  it("used again later ends its whole family, the access tokens too, and no other session", async () => {
    const [stolen, other] = [await fresh(), await fresh()];
    const { body: next } = await refresh(stolen.refreshToken);
    ahead = 11_000;
    try {
      expect((await refresh(stolen.refreshToken)).body.code).toBe("REFRESH_TOKEN_REUSED");
      expect((await refresh(next.refreshToken)).body.code).toBe("SESSION_ENDED");
      for (const token of [stolen.token, next.accessToken])
        expect((await whoIs(token)).body.code).toBe("SESSION_ENDED");
      expect((await whoIs(other.token)).status).toBe(200);
      expect((await refresh(other.refreshToken)).status).toBe(200);
    } finally {
      ahead = 0;
    }
  });

  it("two rotations old ends the family at once, grace or not", async () => {
    const { refreshToken } = await fresh();
    const { body: second } = await refresh(refreshToken);
    const { body: third } = await refresh(second.refreshToken);
    expect((await refresh(refreshToken)).body.code).toBe("REFRESH_TOKEN_REUSED");
    expect((await refresh(third.refreshToken)).body.code).toBe("SESSION_ENDED");
  });

  it("of a session that was logged out, or is 30 days old, is worth nothing", async () => {
    const gone = await fresh();
    expect((await rest.as(gone).post("/auth/logout")).status).toBe(204);
    expect((await refresh(gone.refreshToken)).body.code).toBe("SESSION_ENDED");
    const old = await fresh();
    ahead = 30 * 24 * 3_600_000 + 1_000;
    try {
      expect((await refresh(old.refreshToken)).body.code).toBe("SESSION_ENDED");
    } finally {
      ahead = 0;
    }
  });

  it.each<[string, (mine: Person, other: Person) => string, number]>([
    ["an access token", (mine) => mine.token.slice(0, 200), 401],
    ["the secret under another session", (mine, other) => `${sessionOf(other)}.${secretOf(mine)}`, 401],
    ["the session without its secret", (mine) => `${sessionOf(mine)}.`, 401],
    ["another secret", (mine) => `${sessionOf(mine)}.${"A".repeat(43)}`, 401],
    ["a session that is not there", (mine) => `01890000-0000-7000-8000-000000000000.${secretOf(mine)}`, 401],
    ["an empty text", () => "", 422],
  ])("%s is none", async (_, make, status) => {
    const [mine, other] = [await fresh(), bob];
    expect((await refresh(make(mine, other))).status).toBe(status);
  });

  it("an operator instead of a text is a wrong body", async () => {
    expect((await rest.post("/auth/refresh", { refreshToken: { $ne: "" } })).status).toBe(422);
  });

  const sessionOf = ({ refreshToken }: Person): string => refreshToken.split(".")[0] ?? "";
  const secretOf = ({ refreshToken }: Person): string => refreshToken.split(".")[1] ?? "";
});

describe("the keys", () => {
  const jwks = async (): Promise<{ keys: { kid: string; d?: string }[] }> =>
    (await fetch(`${rest.url}/.well-known/jwks.json`)).json() as never;

  it("are published without their private half, and rotate under living sessions", async () => {
    const before = await jwks();
    expect(before.keys.map(({ kid }) => kid)).toEqual([good.header.kid]);
    expect(JSON.stringify(before)).not.toContain('"d"');
    expect((await rest.as(ann).post("/ops/keys/rotate")).status).toBe(403);
    const session = await rest.login(ann.email, ann.password);
    const { body } = await rest.ok(200, rest.as(admin).post("/ops/keys/rotate"));
    expect(body.keys).toHaveLength(2);
    expect(await jwks()).toEqual(body);
    const next = await rest.login(ann.email, ann.password);
    expect(decodeProtectedHeader(next.token).kid).toBe(body.keys[1].kid);
    for (const { token } of [session, next]) expect((await whoIs(token)).status).toBe(200);
  });

  it("that leaked verify nothing once they are revoked; refresh tokens go on", async () => {
    const session = await rest.login(ann.email, ann.password);
    const { body } = await rest.ok(200, rest.as(admin).post("/ops/keys/rotate", { revoke: true }));
    expect(body.keys).toHaveLength(1);
    expect((await whoIs(session.token)).body.code).toBe("TOKEN_INVALID");
    const { key, header, claims } = good;
    expect((await whoIs(signed(key, header, claims))).body.code).toBe("TOKEN_INVALID");
    const refreshed = await rest.post("/auth/refresh", { refreshToken: session.refreshToken });
    expect((await whoIs(refreshed.body.accessToken)).status).toBe(200);
  });

  it("that were revoked are not brought back by a reading that began before", async () => {
    const db = world.client.db(`${world.env.DB_PREFIX}_iam_slow`);
    const held: PromiseWithResolvers<void>[] = [];
    let isSlow = false;
    /** The real database, whose answers can be late. */
    const slowly = {
      collection: (name: string) => {
        const real = db.collection(name);
        const find = () => ({
          sort: (order: object) => ({
            toArray: async () => {
              const wait = isSlow ? Promise.withResolvers<void>() : undefined;
              isSlow = false;
              const docs = await real
                .find()
                .sort(order as never)
                .toArray();
              if (wait) held.push(wait);
              await wait?.promise;
              return docs;
            },
          }),
        });
        return Object.assign(Object.create(real), { find });
      },
    } as unknown as Db;
    const keyring = await Keyring.load(slowly, "");
    const leaked = keyring.signing.kid;
    isSlow = true;
    const late = keyring.reload();
    await waitFor(() => held.length === 1, { message: "the reading that is late" });
    await keyring.rotate(new Date(), true);
    held[0]?.resolve();
    await late;
    expect(keyring.signing.kid).not.toBe(leaked);
    expect(await keyring.verifying(leaked, new Date())).toBeUndefined();
  });
});
