import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import Type from "typebox";
import { action, defineContract } from "../../../mixins/kit/contracts.ts";
import gateway from "../../../services/gateway/gateway.service.ts";
import { waitFor } from "../../support/env.ts";
import { urlOf } from "../../support/gateway-domain.ts";
import { admin, envelope, type Lab, startLab } from "./lab.ts";

/** Every token is an admin's of that name, but `manager`. */
const iam = defineContract({
  service: "iam",
  summary: "Knows everybody",
  events: {},
  consumes: [],
  actions: {
    authenticate: action({
      summary: "Token -> actor",
      access: "internal",
      params: Type.Object({ token: Type.String() }),
      result: Type.Unknown(),
    }),
  },
});
const iamService: ServiceSchema = {
  name: "iam",
  actions: {
    authenticate: ({ params }: { params: { token: string } }) =>
      params.token === "manager"
        ? { ...admin("manager"), roles: [{ role: "manager", buildingId: "b1" }] }
        : admin(params.token),
  },
};

let lab: Lab;
let base: string;
beforeAll(async () => {
  lab = await startLab({}, { and: { contracts: [iam], services: [iamService, gateway as ServiceSchema] } });
  base = `${urlOf(lab.broker)}/api/v1`;
});
afterAll(() => lab.dispose());

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  body: any;
  etag: string | null;
}

async function send(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const all = { authorization: "Bearer ann", ...(body && { "content-type": "application/json" }), ...headers };
  const response = await fetch(base + path, { method, headers: all, ...(body && { body: JSON.stringify(body) }) });
  return { status: response.status, body: await response.json(), etag: response.headers.get("etag") };
}
const resolved = (id: string) =>
  waitFor(async () => (await send("GET", `/ops/dead-letters/${id}`)).body.status === "resolved", {
    message: `${id} to be resolved`,
  });

describe("dead letters over REST", () => {
  it("are listed, grouped, shown, mended, tried, replayed and audited", async () => {
    const body = envelope({ size: "much", buildingId: "b1" });
    await lab.put("lab.q", body);
    const id = `lab:${body.eventId}`;
    await lab.letter(id);
    const list = await send("GET", "/ops/dead-letters?consumer=lab&eventType=thing.made&status=open");
    expect(list).toMatchObject({
      status: 200,
      body: { items: [{ id, code: "CONTRACT_VIOLATED" }], nextCursor: null, unavailable: [] },
    });
    expect((await send("GET", "/ops/dead-letters/groups")).body.items).toMatchObject([
      { count: 1, fingerprint: "lab|CONTRACT_VIOLATED|thing.made", sample: { id } },
    ]);
    const shown = await send("GET", `/ops/dead-letters/${id}`);
    expect(shown).toMatchObject({
      status: 200,
      etag: '"1"',
      body: { id, contract: { ok: false }, payload: { size: "much" } },
    });
    expect((await send("POST", `/ops/dead-letters/${id}/replay`, { dryRun: true })).body).toMatchObject({
      allowed: false,
      refusal: { code: "DEAD_LETTER_NOT_REPLAYABLE" },
    });
    const edited = await send(
      "PATCH",
      `/ops/dead-letters/${id}`,
      { payload: { size: 5, buildingId: "b1" } },
      { "if-match": '"1"' },
    );
    expect(edited).toMatchObject({
      status: 200,
      etag: '"2"',
      body: { version: 2, edited: true, contract: { ok: true } },
    });
    expect((await send("POST", `/ops/dead-letters/${id}/replay`, { dryRun: true })).body).toMatchObject({
      allowed: true,
      queue: "lab.q",
      inbox: { done: false },
    });
    expect(await send("POST", `/ops/dead-letters/${id}/replay`, {}, { authorization: "Bearer rob" })).toMatchObject({
      status: 200,
      body: { id, episode: 2 },
    });
    await resolved(id);
    expect(await lab.effects(body.eventId)).toBe(1);
    const audit = await send("GET", `/ops/audit?deadLetterId=${id}`);
    expect(audit.body.items.map(({ step, actorId }: { step: string; actorId: string }) => [step, actorId])).toEqual([
      ["resolved", "system:lab"],
      ["replayed", "rob"],
      ["edited", "ann"],
      ["archived", "system:lab"],
    ]);
  });

  it("are discarded and restored; what the state forbids is a 409 that names what is legal", async () => {
    const { id } = await lab.dead();
    const path = `/ops/dead-letters/${id}`;
    expect(await send("POST", `${path}/discard`, { reason: "a test" })).toMatchObject({
      status: 200,
      body: { status: "discarded", reason: "a test" },
    });
    expect(await send("POST", `${path}/replay`, {})).toMatchObject({
      status: 409,
      body: { code: "DEAD_LETTER_STATE", detail: expect.stringContaining("It allows: restore.") },
    });
    expect(await send("POST", `${path}/restore`, {})).toMatchObject({ status: 200, body: { status: "open" } });
  });

  it("are replayed by a filter", async () => {
    const { id } = await lab.dead({ size: 1 }, "BY_FILTER");
    const answer = await send("POST", "/ops/replays", { filter: { fingerprint: "lab|BY_FILTER|thing.made" } });
    expect(answer).toMatchObject({
      status: 200,
      body: { selected: 1, replayed: 1, refused: [], remaining: 0, unavailable: [] },
    });
    await resolved(id);
  });

  it.each([
    ["GET", "/ops/dead-letters?nonsense=1", undefined, 422],
    ["GET", "/ops/dead-letters?limit=1000", undefined, 422],
    ["GET", "/ops/dead-letters/rubbish", undefined, 404],
    ["PATCH", "/ops/dead-letters/lab:1", { payload: { size: 1 }, eventId: "x" }, 422],
    ["POST", "/ops/dead-letters/lab:1/discard", {}, 422],
    ["POST", "/ops/replays", { filter: {} }, 422],
  ])("answer %s %s with a problem", async (method, path, body, status) => {
    const answer = await send(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, code: expect.any(String), requestId: expect.any(String) });
  });

  it("are an admin's: a manager gets 403, a stranger 401", async () => {
    for (const path of ["/ops/dead-letters", "/ops/audit", "/ops/queues", "/ops/relays"]) {
      expect((await send("GET", path, undefined, { authorization: "Bearer manager" })).status).toBe(403);
      expect((await send("GET", path, undefined, { authorization: "" })).status).toBe(401);
      expect((await send("GET", path)).status).toBe(200);
    }
  });

  it("make the stale If-Match a 412", async () => {
    const { id } = await lab.dead();
    expect(await send("POST", `/ops/dead-letters/${id}/replay`, {}, { "if-match": '"9"' })).toMatchObject({
      status: 412,
      body: { code: "VERSION_MISMATCH" },
    });
  });
});
