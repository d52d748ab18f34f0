/** What people get wrong, or try: each a clear refusal, and nothing changed by it. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { newId } from "../../mixins/kit/ids.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { type Person, type Rest, startProduct } from "../support/product.ts";

describe("bad input", () => {
  let world: World;
  let broker: ServiceBroker;
  let rest: Rest;
  let admin: Person;
  let resident: Person;
  let neighbour: Person;
  let home: { buildingId: string; unitId: string; manager: Person };
  let elsewhere: typeof home;
  let ahead = 0;
  const ticket = () => ({ unitId: home.unitId, category: "other", title: "Tap", description: "It drips." });
  const claim = (person: Person, code: string, unitId = home.unitId) =>
    rest.as(person).post("/residencies", { unitId, relation: "tenant", code });
  const newCode = async (options: object = {}): Promise<{ id: string; code: string }> =>
    (await rest.ok(201, rest.as(home.manager).post(`/units/${home.unitId}/codes`, options))).body;

  beforeAll(async () => {
    world = await createWorld();
    ({ broker, rest } = await startProduct(world, { clock: () => new Date(Date.now() + ahead) }));
    admin = await rest.admin();
    [home, elsewhere] = [await rest.newBuilding(admin, "Lime"), await rest.newBuilding(admin, "Oak")];
    [resident, neighbour] = [await rest.newPerson(admin, "Ann"), await rest.newPerson(admin, "Bob")];
    await rest.moveIn(resident, home.manager, home.unitId);
  });
  afterAll(() => world.dispose());

  describe("a code", () => {
    it("that was used up, revoked, made for another unit, or never made is refused, and the claim is not there", async () => {
      const used = await newCode({ maxUses: 1 });
      const third = await rest.newPerson(admin, "Cleo");
      expect((await claim(third, used.code)).status).toBe(201);
      expect(await claim(neighbour, used.code)).toMatchObject({ status: 422, body: { code: "CODE_USED_UP" } });
      const revoked = await newCode();
      const gone = await rest.as(home.manager).delete(`/units/${home.unitId}/codes/${revoked.id}`);
      expect(gone.status).toBe(204);
      expect(await claim(neighbour, revoked.code)).toMatchObject({ status: 422, body: { code: "CODE_INVALID" } });
      const other = await claim(neighbour, (await newCode()).code, elsewhere.unitId);
      expect(other).toMatchObject({ status: 422, body: { code: "CODE_INVALID" } });
      expect((await rest.as(neighbour).get("/residencies")).body.items).toEqual([]);
    });

    it("that has expired is refused", async () => {
      const { code } = await newCode({ expiresInDays: 1 });
      ahead = 24 * 3_600_000 + 1_000;
      try {
        const late = await rest.login(neighbour.email, neighbour.password);
        expect(await claim(late, code)).toMatchObject({ status: 422, body: { code: "CODE_EXPIRED" } });
      } finally {
        ahead = 0;
      }
    });
  });

  it("a unit is renamed, but not to a name that the building has, and not over a newer version", async () => {
    const as = rest.as(home.manager);
    const { body } = await rest.ok(201, as.post(`/buildings/${home.buildingId}/units`, { name: "B2" }));
    const taken = { status: 409, body: { code: "UNIT_NAME_TAKEN" } };
    for (const name of ["A1", "a1", " A1 "]) expect(await as.patch(`/units/${body.id}`, { name })).toMatchObject(taken);
    expect(await as.post(`/buildings/${home.buildingId}/units`, { name: "a1" })).toMatchObject(taken);
    expect((await as.patch(`/units/${body.id}`, { name: "b2" })).status).toBe(200);
    const renamed = await as.patch(`/units/${body.id}`, { name: "B3", floor: null }, { "if-match": '"2"' });
    expect(renamed).toMatchObject({ status: 200, body: { name: "B3", floor: null, version: 3 } });
    expect((await as.patch(`/units/${body.id}`, { floor: 3 }, { "if-match": '"1"' })).status).toBe(412);
  });

  it("an id of somebody else's thing is 404, exactly as one that does not exist", async () => {
    const { body } = await rest.ok(201, rest.as(resident).post("/tickets", ticket()));
    const there = await rest.as(resident).get("/residencies");
    const paths = [
      ["GET", `/tickets/{id}`, body.id],
      ["PATCH", `/tickets/{id}`, body.id, { title: "mine" }],
      ["POST", `/tickets/{id}/transitions`, body.id, { to: "cancelled", reason: "mine" }],
      ["GET", `/residencies/{id}`, there.body.items[0].id],
      ["POST", `/residencies/{id}/end`, there.body.items[0].id, {}],
      ["GET", `/buildings/{id}`, home.buildingId],
    ] as const;
    for (const person of [neighbour, elsewhere.manager])
      for (const [method, path, id, send] of paths) {
        const [foreign, nowhere] = [id, newId()];
        const [one, other] = await Promise.all(
          [foreign, nowhere].map((which) => rest.as(person).call(method, path.replace("{id}", which), send)),
        );
        expect([path, one?.status, one?.body.code, one?.body.detail]).toEqual([
          path,
          404,
          "NOT_FOUND",
          other?.body.detail,
        ]);
      }
    expect((await rest.as(resident).get(`/tickets/${body.id}`)).body).toMatchObject({ version: 1, status: "open" });
  });

  it.each([
    ["__proto__", '{"__proto__":{"admin":true}}'],
    ["constructor", '{"constructor":{"prototype":{"admin":true}}}'],
    ["$where", '{"$where":"1"}'],
    ["a nested operator", '{"title":{"$gt":""}}'],
  ])("%s in a body is refused, and poisons nobody", async (_, extra) => {
    const text = JSON.stringify(ticket()).slice(0, -1).concat(",", extra.slice(1));
    const { status, body } = await rest.as(resident).call("POST", "/tickets", text);
    expect([status, body.code]).toEqual([422, "INVALID_INPUT"]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it("a word of a query that MongoDB would read as an operator is a wrong query", async () => {
    const { status } = await rest.as(resident).get("/tickets?status[$ne]=open");
    expect(status).toBe(422);
  });

  it("100 tickets reported at once get the numbers without gap or double", async () => {
    const before = (await rest.as(resident).get("/tickets?limit=1")).body.items[0].number as number;
    const made = await Promise.all(Array.from({ length: 100 }, () => rest.as(resident).post("/tickets", ticket())));
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201]));
    const numbers = made.map(({ body }) => body.number as number).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, n) => before + 1 + n));
  });

  it("nothing of moleculer-db's CRUD can be called, over REST or by another service", async () => {
    const actions = broker.registry.getActionList({ onlyLocal: true }).map(({ name }: { name: string }) => name);
    const crud = ["find", "count", "insert", "entity", "remove", "resolve"];
    const own = broker.services.flatMap(({ name }) => crud.map((verb) => `${name}.${verb}`));
    expect(actions.filter((name: string) => own.includes(name))).toEqual([]);
    for (const verb of crud) {
      await expect(broker.call(`tickets.${verb}`, {})).rejects.toMatchObject({ type: "SERVICE_NOT_FOUND" });
      expect((await rest.as(admin).get(`/tickets/${verb}`)).status).toBeGreaterThanOrEqual(404);
    }
  });
});
